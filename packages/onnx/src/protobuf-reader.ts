import { OnnxFormatError } from "./errors.ts";
import type { Int64 } from "./model.ts";

/**
 * Walks one protobuf message:
 * `while ((field = reader.next()) !== 0) { … read it, or reader.skip() … }`.
 *
 * Every read checks bounds and wire type, so corrupt bytes end in an OnnxFormatError and
 * never in a read outside the message or an endless loop.
 */
export interface ProtobufReader {
  /** Number of the next field, 0 at the end of the message. */
  next(): number;
  skip(): void;
  /** The error for a field that the reader of a message doesn't know. */
  unknown(message: string): OnnxFormatError;
  /** A length, an enum or a code: at most 2^53. */
  unsigned(): number;
  int64(): Int64;
  float(): number;
  /** A view, nothing is copied. */
  bytes(): Uint8Array;
  text(): string;
  message(): ProtobufReader;
  /** Appends one value, or all values of a packed field, to `values`. */
  int64s(values: Int64[]): void;
  floats(values: number[]): void;
  doubles(values: number[]): void;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

// Real models nest a subgraph or two (about six messages each).
const MAX_DEPTH = 100;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// A Buffer's `slice` shares memory where an array's copies; what is read here is plain arrays.
export const readProtobuf = (bytes: Uint8Array): ProtobufReader =>
  createReader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, 0);

function createReader(
  source: Uint8Array,
  start: number,
  end: number,
  depth: number,
): ProtobufReader {
  if (depth > MAX_DEPTH) throw new OnnxFormatError(`Messages nest deeper than ${MAX_DEPTH}`);
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  let at = start;
  let wireType = -1;
  let current = 0;

  const corrupt = (what: string): OnnxFormatError =>
    new OnnxFormatError(`${what} at byte ${at} of ${source.length}`);

  function expect(type: number): void {
    if (wireType !== type) throw corrupt(`Wire type ${wireType} instead of ${type}`);
  }

  /** Moves over `size` bytes and answers where they began. */
  function take(size: number): number {
    if (size > end - at) throw corrupt(`${size} bytes are announced, ${end - at} are left`);
    const from = at;
    at += size;
    return from;
  }

  function varint(): Int64 {
    let value = 0;
    let scale = 1;
    const from = at;
    // Seven groups of seven bits fit a number; longer ones go through bigint.
    for (let group = 0; group < 7; group++) {
      const byte = source[take(1)] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    at = from;
    return longVarint();
  }

  function longVarint(): Int64 {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = source[take(1)] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return narrow(BigInt.asIntN(64, value));
    }
    throw corrupt("A number of more than ten bytes ends");
  }

  function unsignedVarint(): number {
    const value = varint();
    if (typeof value === "bigint" || value < 0) throw corrupt(`Length or code ${value} ends`);
    return value;
  }

  /** Reads one element, or a packed run of them. */
  function repeated(single: number, read: () => void): void {
    if (wireType !== LENGTH_DELIMITED) {
      expect(single);
      read();
      return;
    }
    const size = unsignedVarint();
    const stop = take(size) + size;
    at = stop - size;
    while (at < stop) read();
    if (at > stop) throw corrupt("A packed run overruns its length");
  }

  return {
    next() {
      if (at === end) return 0;
      const key = unsignedVarint();
      wireType = key % 8;
      const field = Math.floor(key / 8);
      if (field === 0) throw corrupt("Field number 0");
      current = field;
      return field;
    },
    skip() {
      if (wireType === VARINT) varint();
      else if (wireType === FIXED64) take(8);
      else if (wireType === FIXED32) take(4);
      else if (wireType === LENGTH_DELIMITED) take(unsignedVarint());
      else throw corrupt(`Unknown wire type ${wireType}`);
    },
    unknown: (message) => corrupt(`Field ${current} of ${message} is not known: it ends`),
    unsigned() {
      expect(VARINT);
      return unsignedVarint();
    },
    int64() {
      expect(VARINT);
      return varint();
    },
    float() {
      expect(FIXED32);
      return view.getFloat32(take(4), true);
    },
    bytes() {
      expect(LENGTH_DELIMITED);
      const size = unsignedVarint();
      const from = take(size);
      return source.subarray(from, from + size);
    },
    text() {
      const bytes = this.bytes();
      try {
        return utf8.decode(bytes);
      } catch (cause) {
        throw new OnnxFormatError(`Text before byte ${at} is no UTF-8`, { cause });
      }
    },
    message() {
      expect(LENGTH_DELIMITED);
      const size = unsignedVarint();
      const from = take(size);
      return createReader(source, from, from + size, depth + 1);
    },
    int64s(values) {
      repeated(VARINT, () => values.push(varint()));
    },
    floats(values) {
      repeated(FIXED32, () => values.push(view.getFloat32(take(4), true)));
    },
    doubles(values) {
      repeated(FIXED64, () => values.push(view.getFloat64(take(8), true)));
    },
  };
}

function narrow(value: bigint): Int64 {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
