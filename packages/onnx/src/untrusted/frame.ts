/**
 * How the two sides talk: a frame is the length of its header (uint32), the length of its
 * payload (float64, so that lengths past 4 GiB need no bigint), the header as JSON, the
 * payload. Numbers are little-endian.
 */
export interface Frame {
  readonly header: unknown;
  readonly payload: Uint8Array<ArrayBuffer>;
}

export interface FrameBounds {
  readonly headerBytes: number;
  readonly payloadBytes: number;
}

export class FrameError extends Error {
  override readonly name = "FrameError";
}

const PREFIX = 12;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The frame in pieces, so that large tensors are not copied. */
export function framePieces(header: unknown, payload: readonly Uint8Array[]): Uint8Array[] {
  const text = encoder.encode(JSON.stringify(header));
  const prefix = new DataView(new ArrayBuffer(PREFIX));
  prefix.setUint32(0, text.length, true);
  let length = 0;
  for (const piece of payload) length += piece.length;
  prefix.setFloat64(4, length, true);
  return [new Uint8Array(prefix.buffer), text, ...payload];
}

/**
 * Puts frames together from chunks as they arrive. Trusts nothing that it is told: lengths
 * are held against `bounds` before memory is taken.
 */
export function createFrameReader(bounds: FrameBounds): {
  /** Answers the frames that `chunk` completed. @throws FrameError; the stream is then lost */
  readonly push: (chunk: Uint8Array) => Frame[];
} {
  let part = new Uint8Array(PREFIX);
  let filled = 0;
  let reading: "prefix" | "header" | "payload" = "prefix";
  let payloadLength = 0;
  let header: unknown;

  function begin(next: typeof reading, length: number): void {
    reading = next;
    part = new Uint8Array(length);
    filled = 0;
  }

  /** Answers a frame where the part that is now whole was the last of it. */
  function complete(): Frame | undefined {
    if (reading === "prefix") {
      const prefix = new DataView(part.buffer);
      payloadLength = prefix.getFloat64(4, true);
      begin("header", lengthOf(prefix.getUint32(0, true), bounds.headerBytes));
    } else if (reading === "header") {
      header = parse(part);
      begin("payload", lengthOf(payloadLength, bounds.payloadBytes));
    } else {
      const frame = { header, payload: part };
      begin("prefix", PREFIX);
      return frame;
    }
    return undefined;
  }

  return {
    push(chunk) {
      const frames: Frame[] = [];
      let at = 0;
      // A part of no bytes is whole before anything more arrives.
      while (at < chunk.length || filled === part.length) {
        const taken = Math.min(part.length - filled, chunk.length - at);
        part.set(chunk.subarray(at, at + taken), filled);
        filled += taken;
        at += taken;
        if (filled < part.length) break;
        const frame = complete();
        if (frame !== undefined) frames.push(frame);
      }
      return frames;
    },
  };
}

function lengthOf(announced: number, allowed: number): number {
  if (Number.isSafeInteger(announced) && announced >= 0 && announced <= allowed) return announced;
  throw new FrameError(`A part of ${announced} bytes is announced, ${allowed} are allowed`);
}

function parse(text: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(text));
  } catch (cause) {
    throw new FrameError("A header is no JSON", { cause });
  }
}
