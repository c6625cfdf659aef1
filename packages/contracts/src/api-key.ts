import { crc32 } from "node:zlib";

import { z } from "zod";

/** `secret` may do everything in its project, `write` may post events and feedback. */
export const KeyKind = z.enum(["secret", "write"]);
export type KeyKind = z.infer<typeof KeyKind>;

/** What a key says about itself. Only the SHA-256 of `secret` is ever stored. */
export interface ParsedKey {
  kind: KeyKind;
  id: string;
  secret: string;
}

const PREFIX = { secret: "sk", write: "wk" } as const;
const PATTERN = /^gs_(sk|wk)_([A-Za-z0-9]{12})_([A-Za-z0-9]{32})([0-9a-f]{8})$/;
const check = (body: string) => crc32(body).toString(16).padStart(8, "0");

/** `gs_{sk|wk}_<id>_<secret><crc32>`: the checksum lets scanners and typing errors be told at once. */
export function formatKey({ kind, id, secret }: ParsedKey): string {
  const body = `gs_${PREFIX[kind]}_${id}_${secret}`;
  return body + check(body);
}

/** @returns undefined for anything that is not a key, a mistyped one included. */
export function parseKey(text: string): ParsedKey | undefined {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, prefix, id, secret, sum] = match;
  if (id === undefined || secret === undefined) return undefined;
  if (check(text.slice(0, -8)) !== sum) return undefined;
  return { kind: prefix === "sk" ? "secret" : "write", id, secret };
}

/** The key in an Authorization header: `Bearer <key>`, or Basic with the key as the user name. */
export function keyInAuthorization(header: string | undefined): string | undefined {
  const [, scheme, value] = /^(bearer|basic)\s+(\S+)\s*$/i.exec(header ?? "") ?? [];
  if (scheme === undefined || value === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return value;
  return Buffer.from(value, "base64").toString().split(":")[0];
}
