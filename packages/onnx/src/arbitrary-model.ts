import fc from "fast-check";
import type { Arbitrary } from "fast-check";

import {
  entries,
  someText,
  sparseTensor,
  tensor,
  text,
  valueInfo,
  valueType,
  withDescription,
} from "./arbitrary-tensor.ts";
import { ATTRIBUTE_TYPES } from "./encode-attribute.ts";
import type {
  Attribute,
  FunctionDef,
  GraphDef,
  Int64,
  Model,
  NodeDef,
  Reference,
  TrainingInfo,
} from "./model.ts";

// Models as property tests want them: everything the format has, whether or not a runtime
// would make sense of it.

const int64: Arbitrary<Int64> = fc.oneof(
  fc.maxSafeInteger(),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
);

const float = fc.float({ noNaN: true });

const few = <T>(one: Arbitrary<T>): Arbitrary<T[]> => fc.array(one, { maxLength: 3 });

/** For what a file without any has no list of. */
const some = <T>(one: Arbitrary<T>): Arbitrary<T[]> =>
  fc.array(one, { minLength: 1, maxLength: 2 });

const operatorSet = fc.record({ domain: text, version: fc.nat() });

const message = fc.uint8Array({ maxLength: 4 });

const attributeKinds = Object.keys(ATTRIBUTE_TYPES) as Reference["of"][];

/** An attribute of one kind. */
const kind = <K extends string, T>(
  name: K,
  value: Arbitrary<T>,
): Arbitrary<{ readonly kind: K; readonly value: T }> =>
  fc.record({ kind: fc.constant(name), value });

const attributeHolding = (inner: Arbitrary<GraphDef>): Arbitrary<Attribute> =>
  fc
    .tuple(
      fc.oneof(
        { maxDepth: 2, depthIdentifier: "attribute" },
        kind("float", float),
        kind("int", int64),
        kind("string", text),
        kind("floats", few(float)),
        kind("ints", few(int64)),
        kind("strings", few(text)),
        kind("tensor", tensor),
        kind("tensors", few(tensor)),
        kind("sparse", sparseTensor),
        kind("sparses", few(sparseTensor)),
        kind("type", valueType),
        kind("types", few(valueType)),
        fc.record({
          kind: fc.constant("reference" as const),
          value: someText,
          of: fc.constantFrom(...attributeKinds),
        }),
        kind("graph", inner),
        kind("graphs", fc.array(inner, { maxLength: 2 })),
      ),
      fc.record({ doc: someText }, { requiredKeys: [] }),
    )
    .map(([held, said]) => ({ ...held, ...said }));

const nodeWith = (one: Arbitrary<Attribute>): Arbitrary<NodeDef> =>
  withDescription(
    fc.record(
      {
        op: someText,
        domain: text,
        name: text,
        inputs: few(text),
        outputs: few(text),
        attributes: few(fc.tuple(text, one)).map((held) => Object.fromEntries(held)),
        overload: someText,
        deviceConfigurations: some(message),
      },
      { requiredKeys: ["op", "domain", "name", "inputs", "outputs", "attributes"] },
    ),
  );

const graphOf = (one: Arbitrary<NodeDef>): Arbitrary<GraphDef> =>
  withDescription(
    fc.record(
      {
        name: text,
        nodes: few(one),
        initializers: few(tensor),
        inputs: few(valueInfo),
        outputs: few(valueInfo),
        valueInfos: some(valueInfo),
        sparseInitializers: some(sparseTensor),
        quantization: some(fc.record({ tensor: text, parameters: entries })),
      },
      { requiredKeys: ["name", "nodes", "initializers", "inputs", "outputs"] },
    ),
  );

const { graph, node, attribute } = fc.letrec<{
  graph: GraphDef;
  node: NodeDef;
  attribute: Attribute;
}>((tie) => ({
  attribute: attributeHolding(tie("graph")),
  node: nodeWith(tie("attribute")),
  graph: graphOf(tie("node")),
}));

const definition: Arbitrary<FunctionDef> = withDescription(
  fc.record(
    {
      domain: text,
      name: text,
      inputs: few(text),
      outputs: few(text),
      attributes: few(text),
      defaults: few(fc.tuple(text, attribute)).map((held) => Object.fromEntries(held)),
      nodes: few(node),
      operatorSets: few(operatorSet),
      overload: someText,
      valueInfos: some(valueInfo),
    },
    {
      requiredKeys: [
        "domain",
        "name",
        "inputs",
        "outputs",
        "attributes",
        "defaults",
        "nodes",
        "operatorSets",
      ],
    },
  ),
);

const training: Arbitrary<TrainingInfo> = fc.record(
  {
    initialization: graph,
    algorithm: graph,
    initializationBinding: entries,
    updateBinding: entries,
  },
  { requiredKeys: ["initializationBinding", "updateBinding"] },
);

export const arbitraryModel: Arbitrary<Model> = withDescription(
  fc.record(
    {
      irVersion: fc.nat(),
      producer: text,
      operatorSets: fc.array(operatorSet, { minLength: 1, maxLength: 3 }),
      graph,
      producerVersion: someText,
      domain: someText,
      modelVersion: int64,
      functions: some(definition),
      training: some(training),
      deviceConfigurations: some(message),
    },
    { requiredKeys: ["irVersion", "producer", "operatorSets", "graph"] },
  ),
);
