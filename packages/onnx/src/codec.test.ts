import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { arbitraryModel } from "./arbitrary-model.ts";
import { decodeModel } from "./decode.ts";
import { encodeModel } from "./encode.ts";
import { OnnxFormatError } from "./errors.ts";
import type { Model, ModelTensor } from "./model.ts";
import { createProtobufWriter } from "./protobuf-writer.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

test("what was encoded is decoded", () => {
  fc.assert(
    fc.property(arbitraryModel, (model) => {
      expect(decodeModel(encodeModel(model))).toEqual(model);
    }),
  );
});

test("the same model gives the same bytes", () => {
  fc.assert(
    fc.property(arbitraryModel, (model) => {
      expect(encodeModel(structuredClone(model))).toEqual(encodeModel(model));
    }),
  );
});

test("a model that was cut short is refused, wherever it was cut", () => {
  fc.assert(
    fc.property(arbitraryModel, fc.double({ min: 0, max: 1, maxExcluded: true }), (model, part) => {
      const bytes = encodeModel(model);
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      expect(() => decodeModel(cut)).toThrow(OnnxFormatError);
    }),
  );
});

test("corrupt bytes give a model or an OnnxFormatError, nothing else", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(arbitraryModel, damage, (model, changes) => {
      const bytes = encodeModel(model);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      expect(refusal(bytes)).toSatisfy((e) => e === null || e instanceof OnnxFormatError);
    }),
    { numRuns: 200 },
  );
});

test("random bytes are no model", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(refusal(bytes)).toSatisfy((e) => e === null || e instanceof OnnxFormatError);
    }),
    { numRuns: 500 },
  );
});

function refusal(bytes: Uint8Array): unknown {
  try {
    decodeModel(bytes);
    return null;
  } catch (error) {
    return error;
  }
}

/** A model of one initializer, whose message `fill` writes. */
function modelWithTensor(fill: (writer: ProtobufWriter) => void): Uint8Array {
  const writer = createProtobufWriter();
  writer.int(1, 9);
  writer.message(8, (set) => set.int(2, 20));
  writer.message(7, (graph) => graph.message(5, fill));
  return writer.finish();
}

const initializerOf = (bytes: Uint8Array): ModelTensor | undefined =>
  decodeModel(bytes).graph.initializers[0];

const bytesOf = (tensor: ModelTensor | undefined): Uint8Array =>
  tensor === undefined || tensor.dtype === "string" ? new Uint8Array(0) : tensor.bytes;

describe("tensors as other writers store them", () => {
  test("packed and single values of the typed lists", () => {
    const packed = Float32Array.of(1.5, -2);
    const writer = (tensor: ProtobufWriter): void => {
      tensor.bytes(1, Uint8Array.of(3));
      tensor.int(2, 1);
      tensor.bytes(4, new Uint8Array(packed.buffer));
      tensor.float(4, 7);
    };
    const { buffer } = bytesOf(initializerOf(modelWithTensor(writer)));
    expect(new Float32Array(buffer)).toEqual(Float32Array.of(1.5, -2, 7));
  });

  test.each([
    { type: 7, field: 7, numbers: [-1, 2n ** 62n], bytes: BigInt64Array.of(-1n, 2n ** 62n) },
    { type: 6, field: 5, numbers: [-3, 4], bytes: Int32Array.of(-3, 4) },
    { type: 9, field: 5, numbers: [1, 0], bytes: Uint8Array.of(1, 0) },
    { type: 10, field: 5, numbers: [0x3c00, 0xc000], bytes: Float16Array.of(1, -2) },
    {
      type: 13,
      field: 11,
      numbers: [1, 2n ** 64n - 1n],
      bytes: BigUint64Array.of(1n, 2n ** 64n - 1n),
    },
  ])("element type $type in field $field", ({ type, field, numbers, bytes }) => {
    const writer = (tensor: ProtobufWriter): void => {
      tensor.int(1, 2);
      tensor.int(2, type);
      for (const number of numbers) tensor.int(field, number);
    };
    const expected = new Uint8Array(bytes.buffer);
    expect(bytesOf(initializerOf(modelWithTensor(writer)))).toEqual(expected);
  });

  test("raw bytes are views of the file", () => {
    const file = modelWithTensor((tensor) => {
      tensor.int(1, 4);
      tensor.int(2, 2);
      tensor.bytes(9, Uint8Array.of(1, 2, 3, 4));
    });
    expect(bytesOf(initializerOf(file)).buffer).toBe(file.buffer);
  });
});

describe("what is refused says why", () => {
  const cases: readonly [string, (tensor: ProtobufWriter) => void, string][] = [
    [
      "too few bytes",
      (tensor) => {
        tensor.int(1, 2);
        tensor.int(2, 1);
        tensor.bytes(9, new Uint8Array(4));
      },
      '"" [2] holds 4 bytes of float32',
    ],
    ["an unknown element type", (tensor) => tensor.int(2, 99), "element type 99"],
    [
      "a negative size",
      (tensor) => {
        tensor.int(1, -1);
        tensor.int(2, 1);
      },
      "size -1",
    ],
    [
      "data elsewhere",
      (tensor) => {
        tensor.int(2, 1);
        tensor.int(14, 1);
      },
      "external files",
    ],
    [
      "a segment of a tensor",
      (tensor) => tensor.message(3, () => {}),
      "Tensors in segments are not read",
    ],
    [
      "a list of another type",
      (tensor) => {
        tensor.int(1, 1);
        tensor.int(2, 7);
        tensor.int(5, 3);
      },
      '"" is int64 and holds int32s',
    ],
    [
      "a list beside raw bytes",
      (tensor) => {
        tensor.int(1, 1);
        tensor.int(2, 6);
        tensor.int(5, 3);
        tensor.bytes(9, new Uint8Array(4));
      },
      '"" holds a list and raw bytes',
    ],
    [
      "strings as raw bytes",
      (tensor) => {
        tensor.int(1, 1);
        tensor.int(2, 8);
        tensor.bytes(9, new Uint8Array(4));
      },
      '"" is string and holds raw bytes',
    ],
    ["a field that there isn't", (tensor) => tensor.int(31, 1), "Field 31 of a tensor"],
    ["text that is none", (tensor) => tensor.bytes(8, Uint8Array.of(0xff)), "no UTF-8"],
    ["another wire type", (tensor) => tensor.text(2, "x"), "Wire type 2 instead of 0"],
  ];
  test.each(cases)("%s in a tensor", (_, fill, message) => {
    expect(() => initializerOf(modelWithTensor(fill))).toThrow(message);
  });

  test("models", () => {
    expect(() => decodeModel(new Uint8Array(0))).toThrow("no IR version");
    expect(() => decodeModel(Uint8Array.of(8, 9))).toThrow("no graph");
    const endless = new Uint8Array(20).fill(0xff);
    expect(() => decodeModel(endless)).toThrow("more than ten bytes");
    const later = createProtobufWriter();
    later.message(27, () => {});
    expect(() => decodeModel(later.finish())).toThrow("Field 27 of a model is not known");
  });

  test("graphs nested without end", () => {
    let graph: Model["graph"] = { name: "", nodes: [], initializers: [], inputs: [], outputs: [] };
    for (let level = 0; level < 60; level++) {
      const attributes = { body: { kind: "graph", value: graph } } as const;
      const node = { op: "If", domain: "", name: "", inputs: [], outputs: [], attributes };
      graph = { ...graph, nodes: [node] };
    }
    const operatorSets = [{ domain: "", version: 20 }];
    const bytes = encodeModel({ irVersion: 9, producer: "", operatorSets, graph });
    expect(() => decodeModel(bytes)).toThrow("nest deeper");
  });
});
