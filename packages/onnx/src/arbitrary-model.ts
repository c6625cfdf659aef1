import fc from "fast-check";
import type { Arbitrary } from "fast-check";

import { DTYPES, elementSize } from "./dtype.ts";
import type {
  Attribute,
  Dim,
  ElementType,
  GraphDef,
  Int64,
  Model,
  ModelTensor,
  NodeDef,
  ValueInfo,
} from "./model.ts";
import { sizeOf } from "./tensor.ts";

// Models as property tests want them: everything the format has, whether or not a runtime
// would make sense of it.

const text = fc.string({ unit: "binary", maxLength: 8 });
const someText = fc.string({ unit: "binary", minLength: 1, maxLength: 8 });

const int64: Arbitrary<Int64> = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
);

const float = fc.float({ noNaN: true });

const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });

const numericTensor: Arbitrary<ModelTensor> = fc
  .record({ name: text, dtype: fc.constantFrom(...DTYPES), dims })
  .chain(({ name, dtype, dims: sizes }) => {
    const length = sizeOf(sizes) * elementSize(dtype);
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes) => ({ name, dtype, dims: sizes, bytes }));
  });

const stringTensor: Arbitrary<ModelTensor> = fc
  .record({ name: text, strings: fc.array(text, { maxLength: 4 }) })
  .map(({ name, strings }) => ({ name, dtype: "string", dims: [strings.length], strings }));

const tensor = fc.oneof(numericTensor, stringTensor);

const elementType: Arbitrary<ElementType> = fc.constantFrom(...DTYPES, "string");

const dim: Arbitrary<Dim> = fc.oneof(fc.nat(), text);

const valueInfo: Arbitrary<ValueInfo> = fc.oneof(
  text.map((name) => ({ name, dtype: null, shape: null })),
  fc.record({
    name: text,
    dtype: elementType,
    shape: fc.option(fc.array(dim, { maxLength: 3 }), { nil: null }),
  }),
);

const { graph } = fc.letrec<{ graph: GraphDef; node: NodeDef; attribute: Attribute }>((tie) => ({
  attribute: fc.oneof(
    { maxDepth: 2, depthIdentifier: "attribute" },
    fc.record({ kind: fc.constant("float" as const), value: float }),
    fc.record({ kind: fc.constant("int" as const), value: int64 }),
    fc.record({ kind: fc.constant("string" as const), value: text }),
    fc.record({ kind: fc.constant("floats" as const), value: fc.array(float, { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("ints" as const), value: fc.array(int64, { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("strings" as const), value: fc.array(text, { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("tensor" as const), value: tensor }),
    fc.record({ kind: fc.constant("tensors" as const), value: fc.array(tensor, { maxLength: 2 }) }),
    fc.record({ kind: fc.constant("graph" as const), value: tie("graph") }),
    fc.record({
      kind: fc.constant("graphs" as const),
      value: fc.array(tie("graph"), { maxLength: 2 }),
    }),
  ),
  node: fc.record({
    op: someText,
    domain: text,
    name: text,
    inputs: fc.array(text, { maxLength: 3 }),
    outputs: fc.array(text, { maxLength: 2 }),
    attributes: fc
      .array(fc.tuple(text, tie("attribute")), { maxLength: 3 })
      .map((entries) => Object.fromEntries(entries)),
  }),
  graph: fc.record({
    name: text,
    nodes: fc.array(tie("node"), { maxLength: 3 }),
    initializers: fc.array(tensor, { maxLength: 2 }),
    inputs: fc.array(valueInfo, { maxLength: 2 }),
    outputs: fc.array(valueInfo, { maxLength: 2 }),
  }),
}));

export const arbitraryModel: Arbitrary<Model> = fc.record({
  irVersion: fc.nat(),
  producer: text,
  operatorSets: fc.array(fc.record({ domain: text, version: fc.nat() }), {
    minLength: 1,
    maxLength: 3,
  }),
  graph,
});
