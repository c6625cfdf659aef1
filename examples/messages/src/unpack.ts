import { createGunzip, createZstdDecompress } from "node:zlib";

import { UnusableFile } from "./table.ts";

/** What a story reads of a file, unpacked: some hundred thousand messages. */
export const MOST_BYTES = 64 * 1024 * 1024;

export interface Unpacked {
  bytes: Uint8Array;
  /** There was more. */
  cut: boolean;
}

const startsWith = (bytes: Uint8Array, ...start: number[]) =>
  start.every((byte, at) => bytes[at] === byte);

/**
 * The content of a file that may be packed with gzip or Zstandard, whatever its name is, up to a
 * limit: a small file can unpack to any size.
 *
 * @throws UnusableFile for one that is damaged
 */
export async function unpack(bytes: Uint8Array, file: string): Promise<Unpacked> {
  if (startsWith(bytes, 0x1f, 0x8b)) return unpackWith(createGunzip(), bytes, `${file} (gzip)`);
  if (startsWith(bytes, 0x28, 0xb5, 0x2f, 0xfd))
    return unpackWith(createZstdDecompress(), bytes, `${file} (Zstandard)`);
  return { bytes: bytes.subarray(0, MOST_BYTES), cut: bytes.length > MOST_BYTES };
}

async function unpackWith(
  stream: ReturnType<typeof createGunzip | typeof createZstdDecompress>,
  bytes: Uint8Array,
  file: string,
): Promise<Unpacked> {
  const parts: Uint8Array[] = [];
  let size = 0;
  stream.end(bytes);
  try {
    for await (const part of stream as AsyncIterable<Uint8Array>) {
      parts.push(part);
      size += part.length;
      if (size > MOST_BYTES) break;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnusableFile(`${file} can't be unpacked: it is cut short or damaged (${reason})`);
  } finally {
    stream.destroy();
  }
  return { bytes: Buffer.concat(parts).subarray(0, MOST_BYTES), cut: size > MOST_BYTES };
}
