import { createHmac } from "node:crypto";

import { uuidOfDigest } from "./digest-uuid.ts";

/** What an app calls a person by: its own user id, or the id of a device before anybody signed in. */
export type IdentityKind = "user" | "anonymous";

/**
 * The id under which everything about a person is stored. Whoever has the app's user ids and not the
 * project's key can't find a person by it (ADR 0004). `subject` in the native API is of kind `user`,
 * as `userId` is in the tracking API.
 *
 * @param key the project's pseudonym key
 */
export function pseudonym(key: Buffer, kind: IdentityKind, value: string): string {
  return uuidOfDigest(createHmac("sha256", key).update(`${kind}\0${value}`).digest());
}
