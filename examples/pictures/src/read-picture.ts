import { readFile, stat } from "node:fs/promises";

import sharp from "sharp";

/** The longest side that is sent: more than the model sees, and small on the way. */
const SIDE = 64;
const MOST_BYTES = 64 * 1024 * 1024;
const MOST_PIXELS = 100_000_000;

const KINDS: readonly ((start: Buffer) => boolean)[] = [
  (start) => start.subarray(0, 8).equals(Buffer.from("\u0089PNG\r\n\u001a\n", "latin1")),
  (start) => start.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])),
  (start) =>
    start.toString("latin1", 0, 4) === "RIFF" && start.toString("latin1", 8, 12) === "WEBP",
];

export type ReadPicture = { png: Buffer } | { why: string };

/** A picture as the app sends it: small, grey, the right way up; or why it can't be had. */
export async function readPicture(path: string): Promise<ReadPicture> {
  try {
    const { size } = await stat(path);
    if (size === 0) return { why: "nothing in it" };
    if (size > MOST_BYTES) return { why: `more than ${MOST_BYTES / 1024 / 1024} MiB` };
    const bytes = await readFile(path);
    if (!KINDS.some((is) => is(bytes.subarray(0, 16)))) return { why: "no PNG, JPEG or WebP" };
    return { png: await shrink(bytes) };
  } catch (error) {
    return { why: reasonOf(error) };
  }
}

const shrink = (bytes: Buffer) =>
  sharp(bytes, { failOn: "error", limitInputPixels: MOST_PIXELS })
    .rotate()
    .resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true })
    .flatten({ background: "black" })
    .greyscale()
    .png()
    .toBuffer();

/** One of few, so that they can be counted. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES") return "no right to read it";
  if (/pixel limit/.test(message)) return "more than 100 million pixels";
  return code === undefined ? "a damaged picture" : `an error while reading (${code})`;
}
