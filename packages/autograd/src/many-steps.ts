import type { GraphDef, Model, NodeDef, ValueInfo } from "@groundswell/onnx";

import { graphDefOf, infoOf, modelOf, plainNode } from "./emission.ts";
import { HYPER, INDEX, LOSS, nextName } from "./step-graph.ts";
import type { StepGraph } from "./step-graph.ts";
import type { Value } from "./value.ts";

// Sizes that only the caller knows.
const STEPS = "K";
const BATCH = "B";
const ROWS = "rows";

/** The repeated graph lies inside another, where its names must not occur. */
const inside = (name: string): string => `step/${name}`;

/** K steps in one run by Scan: the state goes round, each step takes its slice of the rest. */
export function scanModel(step: StepGraph): Model {
  const body = bodyOf(step);
  const sliced = [...step.batch, step.hyper];
  const scan = plainNode({
    op: "Scan",
    name: "steps",
    inputs: [...stateNames(step), ...sliced.map(({ name }) => name)],
    outputs: resultNames(step),
    attributes: {
      body: { kind: "graph", value: body },
      num_scan_inputs: { kind: "int", value: sliced.length },
    },
  });
  return modelOf({
    name: "many steps",
    nodes: [scan],
    initializers: [],
    inputs: [
      ...stateInfos(step),
      ...frozenInfos(step),
      ...sliced.map((value) => withLeading(value, STEPS)),
    ],
    outputs: resultInfos(step),
  });
}

/** K steps in one run by Loop: each gathers its rows of a data set that stays outside. */
export function loopModel(step: StepGraph): Model {
  const loop = plainNode({
    op: "Loop",
    name: "steps",
    inputs: ["trips", "", ...stateNames(step)],
    outputs: resultNames(step),
    attributes: { body: { kind: "graph", value: loopBodyOf(step) } },
  });
  const first = { name: "first", dtype: "int64", dims: [], bytes: new Uint8Array(8) } as const;
  return modelOf({
    name: "epoch",
    nodes: [
      plainNode({ op: "Shape", name: "index shape", inputs: [INDEX], outputs: ["index.shape"] }),
      gather("index.shape", "first", "trips"),
      loop,
    ],
    initializers: [first],
    inputs: [
      ...stateInfos(step),
      ...frozenInfos(step),
      ...step.batch.map((value) => withLeading({ ...value, shape: value.shape.slice(1) }, ROWS)),
      infoOf(INDEX, { dtype: "int64", shape: [STEPS, BATCH] }),
      withLeading(step.hyper, STEPS),
    ],
    outputs: resultInfos(step),
  });
}

/** The step as a subgraph: takes state, batch and scalars, gives the new state and the loss. */
function bodyOf(step: StepGraph): GraphDef {
  const next = step.state.map(({ name, next: value }) => [inside(nextName(name)), value] as const);
  return graphDefOf(step.g, {
    name: "step",
    inputs: [...step.state.map(({ now }) => now), ...step.batch, step.hyper],
    outputs: { ...Object.fromEntries(next), [inside(LOSS)]: step.loss },
    inputPrefix: inside(""),
    // What no step changes is read where it is, outside.
    nameAround: ({ name }) => name,
  });
}

/** The step with a counter and a condition, as Loop wants it; batch and scalars are gathered within. */
function loopBodyOf(step: StepGraph): GraphDef {
  const body = bodyOf(step);
  const counter = inside("counter");
  const [condition, goOn] = [inside("condition"), inside("go on")];
  const rows = inside(INDEX);
  return {
    ...body,
    nodes: [
      gather(INDEX, counter, rows),
      gather(HYPER, counter, inside(HYPER)),
      ...step.batch.map(({ name }) => gather(name, rows, inside(name))),
      ...body.nodes,
      plainNode({ op: "Identity", name: goOn, inputs: [condition], outputs: [goOn] }),
    ],
    inputs: [
      infoOf(counter, { dtype: "int64", shape: [] }),
      infoOf(condition, { dtype: "bool", shape: [] }),
      ...body.inputs.slice(0, step.state.length),
    ],
    outputs: [infoOf(goOn, { dtype: "bool", shape: [] }), ...body.outputs],
  };
}

const gather = (from: string, at: string, to: string): NodeDef =>
  plainNode({ op: "Gather", name: `gather ${to}`, inputs: [from, at], outputs: [to] });

const stateNames = (step: StepGraph): string[] => step.state.map(({ name }) => name);

const stateInfos = (step: StepGraph): ValueInfo[] =>
  step.state.map(({ name, now }) => infoOf(name, now));

const frozenInfos = (step: StepGraph): ValueInfo[] =>
  step.frozen.map((value) => infoOf(value.name, value));

const resultNames = (step: StepGraph): string[] => [...stateNames(step).map(nextName), LOSS];

const resultInfos = (step: StepGraph): ValueInfo[] => [
  ...step.state.map(({ name, now }) => infoOf(nextName(name), now)),
  infoOf(LOSS, { dtype: step.loss.dtype, shape: [STEPS] }),
];

const withLeading = (value: Pick<Value, "name" | "dtype" | "shape">, size: string): ValueInfo =>
  infoOf(value.name, { dtype: value.dtype, shape: [size, ...value.shape] });
