import { createHmac, timingSafeEqual } from "node:crypto";

import type { Purpose } from "@groundswell/contracts";

/** A person's yes, as somebody with a secret key signed it for a client that has none. */
export interface ConsentToken {
  /** Pseudonym: the token tells a client nothing that it doesn't know. */
  subjectId: string;
  purposes: readonly Purpose[];
  /** When the person said it. */
  signedAt: Date;
  expiresAt: Date;
}

const PREFIX = "gs_ct_";
const MAC_BYTES = 32;

/**
 * `gs_ct_<what it says>.<HMAC-SHA256>`, both base64url. Nothing is stored of it: it is believed for as long
 * as it says, and can be used more than once, which changes nothing after the first time.
 *
 * @param key the project's pseudonym key, of which the signing key is derived: a token holds in one project
 */
export function signConsentToken(key: Buffer, token: ConsentToken): string {
  const { subjectId, purposes, signedAt, expiresAt } = token;
  const said = JSON.stringify([subjectId, purposes, signedAt.getTime(), expiresAt.getTime()]);
  const body = Buffer.from(said).toString("base64url");
  return `${PREFIX}${body}.${macOf(key, body).toString("base64url")}`;
}

/** @returns undefined for what was not signed with this key */
export function readConsentToken(key: Buffer, text: string): ConsentToken | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const [body = "", mac = "", ...more] = text.slice(PREFIX.length).split(".");
  const given = Buffer.from(mac, "base64url");
  if (more.length > 0 || given.length !== MAC_BYTES) return undefined;
  if (!timingSafeEqual(given, macOf(key, body))) return undefined;
  const [subjectId, purposes, signedAt, expiresAt] = JSON.parse(
    Buffer.from(body, "base64url").toString(),
  ) as [string, Purpose[], number, number];
  return { subjectId, purposes, signedAt: new Date(signedAt), expiresAt: new Date(expiresAt) };
}

function macOf(key: Buffer, body: string): Buffer {
  const signing = createHmac("sha256", key).update("consent-token").digest();
  return createHmac("sha256", signing).update(body).digest();
}
