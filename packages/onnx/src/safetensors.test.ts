import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { DTYPES, elementSize, viewOf } from "./dtype.ts";
import { SafetensorsFormatError } from "./errors.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import { sizeOf, tensor } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });

const anyTensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...DTYPES), dims)
  .chain(([dtype, sizes]) => {
    const length = sizeOf(sizes) * elementSize(dtype);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => {
      const data = viewOf(dtype, bytes.slice().buffer, 0, sizeOf(sizes));
      return { dtype, dims: sizes, data } as Tensor;
    });
  });

const text = fc.string({ unit: "binary", maxLength: 8 });
const name = text.filter((candidate) => candidate !== "__metadata__");
const tensors = fc
  .array(fc.tuple(name, anyTensor), { maxLength: 5 })
  .map((entries) => Object.fromEntries(entries));
const metadata = fc
  .array(fc.tuple(text, text), { maxLength: 3 })
  .map((entries) => Object.fromEntries(entries));

/** Bytes, because NaN differs from itself. */
const bytesOf = ({ dtype, dims: sizes, data }: Tensor): unknown => ({
  dtype,
  dims: sizes,
  bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});
const comparable = (all: Readonly<Record<string, Tensor>>): unknown =>
  Object.entries(all)
    .map(([key, value]) => [key, bytesOf(value)])
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1));

test("what was encoded is decoded, wherever the bytes lie", () => {
  fc.assert(
    fc.property(tensors, metadata, fc.nat({ max: 9 }), (content, extra, offset) => {
      const file = encodeSafetensors(content, extra);
      const shifted = new Uint8Array(file.length + offset).subarray(offset);
      shifted.set(file);
      const decoded = decodeSafetensors(shifted);
      expect(comparable(decoded.tensors)).toEqual(comparable(content));
      expect(decoded.metadata).toEqual(extra);
    }),
  );
});

test("the order in which the content was put together doesn't matter", () => {
  fc.assert(
    fc.property(tensors, metadata, (content, extra) => {
      const reversed = (record: object): never =>
        Object.fromEntries(Object.entries(record).toReversed()) as never;
      expect(encodeSafetensors(reversed(content), reversed(extra))).toEqual(
        encodeSafetensors(content, extra),
      );
    }),
  );
});

test("the file has the published layout", () => {
  const file = encodeSafetensors(
    {
      b: tensor("uint8", [3], Uint8Array.of(1, 2, 3)),
      a: tensor("float32", [1], Float32Array.of(1)),
    },
    { format: "pt" },
  );
  const headerLength = Number(new DataView(file.buffer).getBigUint64(0, true));
  expect(headerLength % 8).toBe(0);
  const header: unknown = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerLength)));
  expect(header).toEqual({
    __metadata__: { format: "pt" },
    a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    b: { dtype: "U8", shape: [3], data_offsets: [4, 7] },
  });
  expect([...file.subarray(8 + headerLength)]).toEqual([0, 0, 0x80, 0x3f, 1, 2, 3]);
});

test("aligned tensors are views of the file, others copies", () => {
  const file = encodeSafetensors({ a: tensor("float32", [2], Float32Array.of(1, 2)) });
  expect(decodeSafetensors(file).tensors["a"]?.data.buffer).toBe(file.buffer);
  const shifted = new Uint8Array(file.length + 1).subarray(1);
  shifted.set(file);
  expect(decodeSafetensors(shifted).tensors["a"]?.data).toEqual(Float32Array.of(1, 2));
});

test("a file that was cut short or lengthened is refused", () => {
  fc.assert(
    fc.property(tensors, fc.double({ min: 0, max: 1, maxExcluded: true }), (content, part) => {
      const file = encodeSafetensors(content);
      const cut = file.subarray(0, Math.floor(file.length * part));
      expect(() => decodeSafetensors(cut)).toThrow(SafetensorsFormatError);
      const long = new Uint8Array(file.length + 1);
      long.set(file);
      expect(() => decodeSafetensors(long)).toThrow(SafetensorsFormatError);
    }),
  );
});

describe("what is refused says why", () => {
  /** A file with this header and so many bytes of data. */
  function fileWith(header: unknown, dataBytes = 0): Uint8Array {
    const text8 = new TextEncoder().encode(
      typeof header === "string" ? header : JSON.stringify(header),
    );
    const file = new Uint8Array(8 + text8.length + dataBytes);
    new DataView(file.buffer).setBigUint64(0, BigInt(text8.length), true);
    file.set(text8, 8);
    return file;
  }
  const a = { dtype: "F32", shape: [2], data_offsets: [0, 8] };

  test.each([
    ["no JSON", "{", "no JSON"],
    ["a list", [], "no JSON object"],
    ["metadata of numbers", { __metadata__: { a: 1 } }, "only strings"],
    ["an entry that is none", { a: 1 }, 'Tensor "a" is no JSON object'],
    ["an unknown type", { a: { ...a, dtype: "F8" } }, 'element type "F8"'],
    ["a negative size", { a: { ...a, shape: [-2] } }, "has shape [-2]"],
    ["one offset", { a: { ...a, data_offsets: [0] } }, "has offsets [0]"],
    ["the wrong length", { a: { ...a, shape: [3] } }, "has 8 bytes for [3] of float32"],
    ["an overlap", { a, b: { ...a, data_offsets: [4, 12] } }, 'Tensor "b" begins at 4, not at 8'],
    ["a hole", { a: { ...a, data_offsets: [4, 12] } }, "begins at 4, not at 0"],
    ["data of nobody", {}, "The tensors end at 0, the data at 12"],
  ])("%s", (_, header, message) => {
    expect(() => decodeSafetensors(fileWith(header, 12))).toThrow(message);
  });

  test("a header longer than the file", () => {
    const file = fileWith({});
    new DataView(file.buffer).setBigUint64(0, 2n ** 60n, true);
    expect(() => decodeSafetensors(file)).toThrow("doesn't fit the file");
  });

  test("a tensor called like the metadata", () => {
    const content = { __metadata__: tensor("uint8", [0], new Uint8Array(0)) };
    expect(() => encodeSafetensors(content)).toThrow(RangeError);
  });
});
