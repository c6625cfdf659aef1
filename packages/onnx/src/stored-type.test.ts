import { expect, test } from "vitest";

import { decodeModel } from "./decode.ts";
import { encodeModel } from "./encode.ts";
import { createProtobufWriter } from "./protobuf-writer.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

/** The bytes of the one initializer, whose elements `fill` writes. */
function bytesOf(type: number, size: number, fill: (tensor: ProtobufWriter) => void): number[] {
  const writer = createProtobufWriter();
  writer.int(1, 13);
  writer.message(8, (set) => set.int(2, 25));
  writer.message(7, (graph) =>
    graph.message(5, (tensor) => {
      tensor.int(1, size);
      tensor.int(2, type);
      fill(tensor);
    }),
  );
  const model = decodeModel(writer.finish());
  expect(decodeModel(encodeModel(model))).toEqual(model);
  const [tensor] = model.graph.initializers;
  return tensor === undefined || tensor.dtype === "string" ? [] : [...tensor.bytes];
}

test.each([
  { name: "bfloat16", type: 16, size: 2, list: [0x3f80, 0xc000], bytes: [0x80, 0x3f, 0, 0xc0] },
  { name: "float8e4m3fn", type: 17, size: 2, list: [0x38, 0xc0], bytes: [0x38, 0xc0] },
  { name: "float8e5m2", type: 19, size: 1, list: [0x3c], bytes: [0x3c] },
  { name: "uint4, two in a byte", type: 21, size: 3, list: [0x21, 0x03], bytes: [0x21, 0x03] },
  { name: "int4", type: 22, size: 2, list: [0xf8], bytes: [0xf8] },
  { name: "float4e2m1", type: 23, size: 1, list: [0x07], bytes: [0x07] },
  { name: "uint2, four in a byte", type: 25, size: 5, list: [0xe4, 0x01], bytes: [0xe4, 0x01] },
])("a list of $name is what raw bytes would be", ({ type, size, list, bytes }) => {
  const asList = bytesOf(type, size, (tensor) => {
    for (const value of list) tensor.int(5, value);
  });
  const asBytes = bytesOf(type, size, (tensor) => tensor.bytes(9, Uint8Array.from(bytes)));
  expect(asList).toEqual(bytes);
  expect(asBytes).toEqual(bytes);
});

test("complex numbers: the real part, then the imaginary one", () => {
  const numbers = [1, -2, 0.5, 4];
  const asList = bytesOf(14, 2, (tensor) => {
    for (const value of numbers) tensor.float(4, value);
  });
  expect(asList).toEqual([...new Uint8Array(Float32Array.from(numbers).buffer)]);
});

test("four floats of six bits take three bytes, and one takes a whole one", () => {
  expect(bytesOf(27, 4, (tensor) => tensor.bytes(9, Uint8Array.of(1, 2, 3)))).toEqual([1, 2, 3]);
  expect(bytesOf(28, 1, (tensor) => tensor.bytes(9, Uint8Array.of(1)))).toEqual([1]);
  const asList = (): unknown => bytesOf(28, 1, (tensor) => tensor.int(5, 1));
  expect(asList).toThrow("only read as raw bytes");
});
