import type { ClientConsent, KeyKind, Purpose } from "@groundswell/contracts";

import { type ConsentToken, readConsentToken } from "./consent-token.ts";
import type { Preferences } from "./consent.ts";

/** Who says something about a person's consent, and by what right. */
export interface Speaker {
  /** Undefined where nobody knows any more, as in requests that were kept by an older build: as `write`. */
  key: { kind: KeyKind; id: string | null };
  /** `Sec-GPC: 1`: this person can say no by it, and can't say yes. */
  gpc: boolean;
  /** What the project lets a client key's word count for. */
  clientConsent: ClientConsent;
  pseudonymKey: Buffer;
  /** By our clock; a token is looked at as of then, so that a retry finds it as it was. */
  receivedAt: Date;
}

/** A yes that a secret key's holder signed for this person. */
interface Signed {
  token: ConsentToken;
}

export interface Heard {
  /** To be put in force. */
  stored: Preferences;
  /** Of a yes by a token: when it was signed, which is when the person said it. */
  signedAt: Date | undefined;
  /**
   * What is said of this very item: `true` by a sender who may not change what is stored, and then
   * never against it; `false` for a browser that sends GPC. Null where it is silent.
   */
  item: boolean | null;
  /** Each yes that counts for nothing, and why. */
  ignored: { purpose: Purpose; why: IgnoredBecause }[];
}

export type IgnoredBecause =
  | "gpc"
  | "client_key"
  | "token_malformed"
  | "token_expired"
  | "token_of_another";

/**
 * The one rule about who may say yes, for every way in which something can be said. A secret key
 * grants and withdraws for anyone. A write key lies in everybody's browser: it may withdraw for whom
 * it names, and its yes counts for the item that it comes with, as the sender's assertion; unless a
 * token says that a secret key's holder signed it for this person (ADR 0011).
 */
export function hearConsent(
  said: Preferences,
  subjectId: string,
  speaker: Speaker,
  token?: string,
): Heard {
  const signed = token === undefined ? undefined : signedFor(subjectId, token, speaker);
  const heard: Heard = {
    stored: {},
    signedAt: undefined,
    item: speaker.gpc ? false : null,
    ignored: [],
  };
  for (const [name, granted] of Object.entries(said)) {
    const purpose = name as Purpose;
    const right = granted ? rightToGrant(purpose, speaker, signed) : "stored";
    if (right === "stored") heard.stored[purpose] = granted;
    else if (right !== "item") heard.ignored.push({ purpose, why: right });
    else if (purpose === "model_training") heard.item = true;
    if (right === "stored" && granted && isSigned(signed)) heard.signedAt = signed.token.signedAt;
  }
  return heard;
}

function rightToGrant(
  purpose: Purpose,
  { key, gpc, clientConsent }: Speaker,
  signed: Signed | IgnoredBecause | undefined,
): "stored" | "item" | IgnoredBecause {
  if (gpc) return "gpc";
  if (key.kind === "secret") return "stored";
  if (typeof signed === "string") return signed;
  if (signed?.token.purposes.includes(purpose)) return "stored";
  return clientConsent === "item" ? "item" : "client_key";
}

const isSigned = (signed: Signed | IgnoredBecause | undefined): signed is Signed =>
  typeof signed === "object";

function signedFor(
  subjectId: string,
  text: string,
  { pseudonymKey, receivedAt }: Speaker,
): Signed | IgnoredBecause {
  const token = readConsentToken(pseudonymKey, text);
  if (!token) return "token_malformed";
  if (token.subjectId !== subjectId) return "token_of_another";
  return receivedAt < token.expiresAt ? { token } : "token_expired";
}

/** What a sender is told of a yes that counts for nothing. */
export const WHY_IGNORED: Record<IgnoredBecause, string> = {
  gpc: "Sec-GPC is a no: this yes counts for nothing",
  client_key:
    "a write key's yes counts for nothing in this project: send a token that a secret key made, or post it with one",
  token_malformed:
    "is no token of this project: take a new one from POST /api/v1/subjects/{id}/consent-tokens",
  token_expired: "has run out: take a new one from POST /api/v1/subjects/{id}/consent-tokens",
  token_of_another: "was made for somebody else: take one for this subject",
};
