import { isUtf8 } from "node:buffer";

import { BadJson, parseExact } from "@groundswell/contracts";
import type { FastifyInstance } from "fastify";

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Bytes of a text without the mark of its encoding, which is no part of it. */
export const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? bytes.subarray(BYTE_ORDER_MARK.length)
    : bytes;

/**
 * What JSON says, as it was sent: bytes that are no UTF-8 are refused, never guessed at; a byte
 * order mark is skipped; a number that would be rounded stays as it was written (`ExactNumber`).
 *
 * @throws BadJson
 */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new BadJson(whyNotUtf8(bytes));
  const text = withoutMark(bytes).toString("utf8");
  if (text.trim() === "") throw new BadJson("the body is empty");
  try {
    return parseExact(text);
  } catch (cause) {
    if (cause instanceof RangeError) throw new BadJson("it is nested too deeply", { cause });
    throw new BadJson((cause as Error).message, { cause });
  }
}

function whyNotUtf8(bytes: Buffer): string {
  // Read with replacements and written again, it is the same up to the first byte that was replaced.
  const again = Buffer.from(bytes.toString("utf8"));
  const at = bytes.findIndex((byte, i) => byte !== again[i]);
  const byte = (bytes[at] ?? 0).toString(16).padStart(2, "0");
  return `byte ${at} (0x${byte}) is no UTF-8: send the body in UTF-8, not in Latin-1 or another encoding`;
}

/** A field that code which copies objects may take for the prototype. */
const PROTOTYPE = '"__proto__"';
const PROTOTYPE_FIELD = /"__proto__"\s*:/;

/** Bodies of JSON are read by `readJson`, instead of by fastify's own parser. */
export function takeJson(app: FastifyInstance): void {
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer" },
    (_request, body, done) => {
      try {
        if (body.includes(PROTOTYPE) && PROTOTYPE_FIELD.test(body.toString("latin1")))
          throw new BadJson("`__proto__` can't be a field");
        done(null, readJson(body));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}
