import fc from "fast-check";
import type { Arbitrary } from "fast-check";

import { DTYPES } from "./dtype.ts";
import { bytesFor, isDType } from "./element-type.ts";
import type { Described, Dim, ElementType, ModelTensor, SparseTensor, ValueInfo } from "./model.ts";
import type { TensorType, ValueType } from "./model.ts";
import { STORED_TYPES } from "./stored-type.ts";
import { sizeOf } from "./tensor.ts";

// Tensors and types as property tests want them: all that the format has.

export const text = fc.string({ unit: "binary", maxLength: 8 });
export const someText = fc.string({ unit: "binary", minLength: 1, maxLength: 8 });

/** At least one entry; an empty record is what a file without entries says. */
export const entries = fc
  .array(fc.tuple(text, text), { minLength: 1, maxLength: 2 })
  .map((pairs) => Object.fromEntries(pairs));

const described: Arbitrary<Described> = fc.record(
  { doc: someText, metadata: entries },
  { requiredKeys: [] },
);

/** What is in one, with what is said of it; seldom anything, as in files. */
export const withDescription = <T extends object>(one: Arbitrary<T>): Arbitrary<T & Described> =>
  fc
    .tuple(one, fc.option(described, { nil: {}, freq: 5 }))
    .map(([value, said]) => ({ ...value, ...said }));

const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });

const numbers: Arbitrary<ModelTensor> = fc
  .record({ name: text, dtype: fc.constantFrom(...DTYPES, ...STORED_TYPES), dims })
  .chain(({ name, dtype, dims: sizes }) => {
    const length = bytesFor(dtype, sizeOf(sizes));
    return fc
      .uint8Array({ minLength: length, maxLength: length })
      .map((bytes): ModelTensor =>
        isDType(dtype) ? { name, dtype, dims: sizes, bytes } : { name, dtype, dims: sizes, bytes },
      );
  });

const strings: Arbitrary<ModelTensor> = fc
  .record({ name: text, strings: fc.array(text, { maxLength: 4 }) })
  .map(({ name, strings: held }) => ({
    name,
    dtype: "string",
    dims: [held.length],
    strings: held,
  }));

export const tensor: Arbitrary<ModelTensor> = withDescription(fc.oneof(numbers, strings));

export const sparseTensor: Arbitrary<SparseTensor> = fc.record({
  values: tensor,
  indices: tensor,
  dims,
});

const elementType: Arbitrary<ElementType> = fc.constantFrom(...DTYPES, ...STORED_TYPES, "string");

const dim: Arbitrary<Dim> = fc.oneof(fc.nat(), text);

/** Element type, shape and names of axes; the names only where there are axes. */
const tensorParts: Arbitrary<Omit<TensorType, "kind">> = fc
  .record({
    dtype: fc.option(elementType),
    axes: fc.option(fc.array(fc.tuple(dim, text), { maxLength: 3 })),
  })
  .map(({ dtype, axes }) => {
    const shape = axes?.map(([size]) => size) ?? null;
    const axisDenotations = axes?.map(([, denotation]) => denotation) ?? [];
    const isSaid = axisDenotations.some((denotation) => denotation !== "");
    return { dtype, shape, ...(isSaid && { axisDenotations }) };
  });

const denotation = fc.record({ denotation: someText }, { requiredKeys: [] });

export const { type: valueType } = fc.letrec<{ type: ValueType }>((tie) => {
  const of = fc.option(tie("type"));
  const kinds: Arbitrary<ValueType> = fc.oneof(
    { maxDepth: 3 },
    fc
      .tuple(fc.constantFrom("tensor" as const, "sparse" as const), tensorParts)
      .map(([kind, parts]) => ({ kind, ...parts })),
    fc.record({ kind: fc.constant("opaque" as const), domain: text, name: text }),
    fc.record({ kind: fc.constantFrom("sequence" as const, "optional" as const), of }),
    fc.record({ kind: fc.constant("map" as const), key: elementType, of }),
  );
  return { type: fc.tuple(kinds, denotation).map(([kind, said]) => ({ ...kind, ...said })) };
});

const untyped = { dtype: null, shape: null };

export const valueInfo: Arbitrary<ValueInfo> = withDescription(
  fc.oneof(
    text.map((name) => ({ name, ...untyped })),
    fc
      .tuple(text, tensorParts, denotation)
      // Where nothing is said of a tensor there is no type that could have a denotation.
      .map(([name, parts, said]) => ({ name, ...parts, ...(parts.dtype !== null && said) })),
    fc
      .tuple(text, valueType)
      .filter(([, type]) => type.kind !== "tensor")
      .map(([name, type]) => ({ name, ...untyped, type })),
  ),
);
