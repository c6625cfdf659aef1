import { createReadStream } from "node:fs";
import { basename } from "node:path";

import { MOST_BYTES, type NamedFile } from "@groundswell/messages";

import { UsageError } from "./options.ts";

/**
 * A file of somebody's own, or standard input for `-`: as much of it as may be used, and a byte more
 * where there is more.
 *
 * @throws UsageError where it can't be read
 */
export async function readDataFile(path: string): Promise<NamedFile> {
  const input = path === "-" ? process.stdin : createReadStream(path);
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of input as AsyncIterable<Buffer>) {
      parts.push(part);
      size += part.length;
      if (size > MOST_BYTES) break;
    }
  } catch (error) {
    throw new UsageError(inWords(path, error as NodeJS.ErrnoException));
  }
  const bytes = Buffer.concat(parts).subarray(0, MOST_BYTES + 1);
  return { name: path === "-" ? "standard input" : basename(path), bytes };
}

function inWords(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return `there is no file ${path}`;
  if (code === "EISDIR")
    return `${path} is a folder: messages are read from a file. Pictures: --demo pictures --data ${path}`;
  if (code === "EACCES") return `${path} can't be read: this user has no right to it`;
  return `${path} can't be read: ${message}`;
}
