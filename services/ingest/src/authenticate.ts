import { Busy, Unauthorized } from "@groundswell/contracts";
import type { Caller, FindCaller } from "@groundswell/db";
import type { FastifyRequest } from "fastify";

/** The key in the Authorization header: as a bearer token, or as the user name of Basic. */
export function keyInHeader(request: FastifyRequest): string | undefined {
  const [scheme, credentials] = request.headers.authorization?.trim().split(/\s+/, 2) ?? [];
  if (!scheme || !credentials) return undefined;
  if (/^bearer$/i.test(scheme)) return credentials;
  if (!/^basic$/i.test(scheme)) return undefined;
  return Buffer.from(credentials, "base64").toString("utf8").split(":", 1)[0];
}

/** `?writeKey=`: for senders that can't set a header. */
export function keyInQuery(request: FastifyRequest): string | undefined {
  const { query } = request;
  if (typeof query !== "object" || query === null || !("writeKey" in query)) return undefined;
  return typeof query.writeKey === "string" ? query.writeKey : undefined;
}

/**
 * Tells a stranger so before a body is read.
 *
 * @param elsewhere whether the key may be in the body or the query instead
 */
export const askForKey =
  (find: FindCaller, { elsewhere = false } = {}) =>
  async (request: FastifyRequest): Promise<void> => {
    const key = keyInHeader(request);
    if (key !== undefined || !elsewhere) await authenticate(find, key);
  };

/** @throws Unauthorized; Busy where keys can't be looked up */
export async function authenticate(find: FindCaller, key: string | undefined): Promise<Caller> {
  if (key === undefined) throw new Unauthorized();
  let caller: Caller | undefined;
  try {
    caller = await find(key);
  } catch (cause) {
    throw new Busy("Keys can't be looked up right now: try again", { cause, retryAfter: 1 });
  }
  if (!caller) throw new Unauthorized();
  return caller;
}
