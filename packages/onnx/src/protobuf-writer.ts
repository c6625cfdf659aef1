/**
 * Writes the protobuf wire format (protobuf.dev/programming-guides/encoding), only what
 * ONNX needs of it. Long byte runs are kept by reference until `finish` copies each once.
 */
export interface ProtobufWriter {
  /** int64 or enum. */
  int(field: number, value: number | bigint): void;
  /** 32-bit float. */
  float(field: number, value: number): void;
  bytes(field: number, value: Uint8Array): void;
  text(field: number, value: string): void;
  message(field: number, fill: (writer: ProtobufWriter) => void): void;
  /** What was written so far, in order; short messages are views of larger buffers. */
  parts(): readonly Uint8Array[];
  /** One array with a buffer of its own. */
  finish(): Uint8Array;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const CHUNK_BYTES = 4096;
/** Shorter runs are cheaper to copy than to keep as a part of their own. */
const KEEP_BY_REFERENCE_FROM = 1024;

const utf8 = new TextEncoder();

export function createProtobufWriter(): ProtobufWriter {
  const parts: Uint8Array[] = [];
  let chunk: Uint8Array = new Uint8Array(0);
  let used = 0;

  function reserve(size: number): void {
    if (used + size <= chunk.length) return;
    closeChunk();
    chunk = new Uint8Array(Math.max(CHUNK_BYTES, size));
  }

  function closeChunk(): void {
    if (used === 0) return;
    parts.push(chunk.subarray(0, used));
    chunk = chunk.subarray(used);
    used = 0;
  }

  function varint(value: number | bigint): void {
    reserve(10);
    if (typeof value === "number" && value >= 0 && value < 128) {
      chunk[used++] = value;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 127n) {
      chunk[used++] = Number(rest & 127n) | 128;
      rest >>= 7n;
    }
    chunk[used++] = Number(rest);
  }

  const tag = (field: number, wireType: number): void => varint((field << 3) | wireType);

  function bytes(field: number, value: Uint8Array): void {
    tag(field, LENGTH_DELIMITED);
    varint(value.length);
    if (value.length >= KEEP_BY_REFERENCE_FROM) {
      closeChunk();
      parts.push(value);
      return;
    }
    reserve(value.length);
    chunk.set(value, used);
    used += value.length;
  }

  return {
    int(field, value) {
      tag(field, VARINT);
      varint(value);
    },
    float(field, value) {
      tag(field, FIXED32);
      reserve(4);
      new DataView(chunk.buffer, chunk.byteOffset).setFloat32(used, value, true);
      used += 4;
    },
    bytes,
    text(field, value) {
      bytes(field, utf8.encode(value));
    },
    message(field, fill) {
      const inner = createProtobufWriter();
      fill(inner);
      const content = inner.parts();
      tag(field, LENGTH_DELIMITED);
      varint(totalLength(content));
      closeChunk();
      parts.push(...content);
    },
    parts() {
      closeChunk();
      return parts;
    },
    finish() {
      closeChunk();
      const all = new Uint8Array(totalLength(parts));
      let offset = 0;
      for (const part of parts) {
        all.set(part, offset);
        offset += part.length;
      }
      return all;
    },
  };
}

const totalLength = (parts: readonly Uint8Array[]): number =>
  parts.reduce((total, part) => total + part.length, 0);
