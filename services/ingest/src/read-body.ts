import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";

import { readJson, withoutMark } from "@groundswell/bootstrap";
import { BadRequest, BodyTooLarge } from "@groundswell/contracts";
import type { FastifyInstance, FastifyRequest } from "fastify";

const INFLATE = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/**
 * Takes every body as bytes, whatever its content type: real clients send JSON as text/plain, as a form,
 * or without a type, and it is stored as it came.
 */
export function takeBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  // A type that can't be read would be refused before any parser is asked, and clients drop what is refused.
  app.addHook("onRequest", (request, _reply, done) => {
    if (request.headers["content-type"] !== undefined)
      request.raw.headers["content-type"] = "application/octet-stream";
    done();
  });
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
}

/**
 * The bytes that were posted, unpacked, without a byte order mark.
 *
 * @param most bytes after unpacking
 * @throws BadRequest, BodyTooLarge
 */
export async function readBytes(request: FastifyRequest, most: number): Promise<Buffer> {
  const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return withoutMark(body);
  if (!Object.hasOwn(INFLATE, encoding))
    throw new BadRequest(`Content-Encoding ${encoding} is not known: use gzip, deflate or br`);
  try {
    const unpack = INFLATE[encoding as keyof typeof INFLATE];
    return withoutMark(await unpack(body, { maxOutputLength: most }));
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new BodyTooLarge(`The body unpacks to more than ${most} bytes`, { cause });
    throw new BadRequest(`The body is not what Content-Encoding says (${encoding})`, { cause });
  }
}

/** @throws BadJson, BadRequest for bytes that are no JSON object */
export function parseObject(bytes: Buffer): Record<string, unknown> {
  const parsed = readJson(bytes);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new BadRequest("The body must be a JSON object");
  return parsed as Record<string, unknown>;
}
