import type { Model, NodeDef, ValueInfo } from "@groundswell/onnx";

import { graphDefOf, infoOf, modelOf, plainNode } from "./emission.ts";
import { createGraph } from "./graph.ts";
import { clipScale } from "./optimisers/clipping.ts";
import { HYPER, LOSS, nextName, updateOf } from "./step-graph.ts";
import type { StepGraph } from "./step-graph.ts";
import type { Value } from "./value.ts";

/** Name of the tensor in which the gradients of a parameter add up. */
export const sumName = (parameter: string): string => `${parameter}.sum`;

const inside = (name: string): string => `part/${name}`;

/**
 * K parts of a batch in one run, their gradients added up: inputs are the parameters, the
 * sums so far, and the batch with a leading size K; outputs the new sums, and `loss` [K].
 * With `clip`, the gradients of each part are first scaled down to that common length.
 */
export function sumModel({ g, loss, batch, frozen, gradients }: StepGraph, clip?: number): Model {
  const slopes = gradients.map(({ slope }) => slope);
  const scale = clip === undefined ? null : clipScale(g, slopes, clip);
  const sums = gradients.map(({ parameter, slope }) => {
    const now = g.input(sumName(parameter.name), "float32", parameter.shape);
    return { now, next: g.add(now, scale === null ? slope : g.mul(slope, scale)) };
  });
  const named = sums.map(({ now, next }) => [inside(nextName(now.name)), next] as const);
  const body = graphDefOf(g, {
    name: "part",
    inputs: [...sums.map(({ now }) => now), ...batch],
    outputs: { ...Object.fromEntries(named), [inside(LOSS)]: loss },
    inputPrefix: inside(""),
    // Parameters are read where they are, outside.
    nameAround: ({ name }) => name,
  });
  const outer = [...gradients.map(({ parameter }) => parameter), ...frozen];
  const scan: NodeDef = plainNode({
    op: "Scan",
    name: "parts",
    inputs: [...sums.map(({ now }) => now.name), ...batch.map(({ name }) => name)],
    outputs: [...sums.map(({ now }) => nextName(now.name)), LOSS],
    attributes: {
      body: { kind: "graph", value: body },
      num_scan_inputs: { kind: "int", value: batch.length },
    },
  });
  const leading = (value: Value): ValueInfo =>
    infoOf(value.name, { dtype: value.dtype, shape: ["K", ...value.shape] });
  return modelOf({
    name: "sum of gradients",
    nodes: [scan],
    initializers: [],
    inputs: [
      ...outer.map((value) => infoOf(value.name, value)),
      ...sums.map(({ now }) => infoOf(now.name, now)),
      ...batch.map(leading),
    ],
    outputs: [
      ...sums.map(({ now }) => infoOf(nextName(now.name), now)),
      infoOf(LOSS, { dtype: loss.dtype, shape: ["K"] }),
    ],
  });
}

/** The optimiser alone: inputs are the state, the summed gradients and the scalars. */
export function applyModel(step: StepGraph): Model {
  const g = createGraph();
  const { optimiser } = step;
  const hyper = g.input(HYPER, "float32", [optimiser.hyperSize]);
  const scalars = Array.from({ length: optimiser.hyperSize }, (_, i) =>
    g.gather(hyper, g.constant(i, "int64")),
  );
  const given = step.gradients.map(({ parameter: { name, shape } }) => ({
    parameter: g.input(name, "float32", shape),
    sum: g.input(sumName(name), "float32", shape),
  }));
  const sums = given.map(({ sum }) => sum);
  // Here and not for each part: clipping is of the whole batch's gradient.
  const gradients = step.transform(g, sums);
  const state = given.flatMap(({ parameter, sum }, i) =>
    updateOf(g, optimiser, parameter, gradients[i] ?? sum, scalars),
  );
  const next = state.map(({ name, next: value }) => [nextName(name), value] as const);
  return modelOf(
    graphDefOf(g, {
      name: "update",
      inputs: [...state.map(({ now }) => now), ...sums, hyper],
      outputs: Object.fromEntries(next),
    }),
  );
}
