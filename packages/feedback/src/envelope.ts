import { zstdDecompressSync } from "node:zlib";

import { type KeyKind, parseExact, type TrackingMessage } from "@groundswell/contracts";

/**
 * A request as it was accepted. A row of the inbox holds the envelopes of one commit group and one
 * project, one a line, compressed with zstd.
 */
export interface Envelope {
  kind: "feedback" | "tracking";
  /** Type of the message, where the path says it (`/v1/track`). */
  type?: TrackingMessage["type"];
  /** `Sec-GPC: 1` was sent: nothing in this request allows learning. */
  gpc?: true;
  key: KeyKind;
  /** Missing in envelopes that an older build wrote. */
  keyId?: string;
  /** What was posted. */
  body: unknown;
}

export type EnvelopeHead = Omit<Envelope, "body">;

const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * A line of the inbox, made without parsing and writing the body again.
 *
 * @param json a JSON text that has been parsed, which proves that its line breaks are outside of strings
 */
export function envelopeLine(head: EnvelopeHead, json: Uint8Array): Buffer {
  const opening = JSON.stringify(head).slice(0, -1);
  const line = Buffer.concat([Buffer.from(`${opening},"body":`), json, Buffer.from("}\n")]);
  for (let at = line.indexOf(NEWLINE); at < line.length - 1; at = line.indexOf(NEWLINE, at))
    line[at] = SPACE;
  return line;
}

/** @throws Error for bytes that are not an inbox body */
export function readEnvelopes(body: Buffer): Envelope[] {
  const lines = zstdDecompressSync(body).toString("utf8").split("\n");
  return lines.filter(Boolean).map((line) => parseExact(line) as Envelope);
}

/** The single things that a request posted, in order; how many there are is known when it is accepted. */
export function itemsOf({ kind, type, body }: Omit<Envelope, "key" | "gpc">): unknown[] {
  const list = kind === "feedback" ? "items" : "batch";
  if (type === undefined && typeof body === "object" && body !== null && list in body) {
    const items = (body as Record<string, unknown>)[list];
    if (Array.isArray(items)) return items;
  }
  return [body];
}
