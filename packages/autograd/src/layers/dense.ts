import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { lecun, ones, zeros } from "../initialisers.ts";
import type { ParameterSpec } from "../step-graph.ts";
import type { Value } from "../value.ts";

/** Values by name, as `build` is handed parameters and batch. */
export type NamedValues = Readonly<Record<string, Value>>;

/** @throws GraphError for a name that isn't there */
export function valueOf(values: NamedValues, name: string): Value {
  const value = values[name];
  if (value === undefined) throw new GraphError(`The step declares no "${name}"`);
  return value;
}

/** `<name>.w` [inputs, outputs] and `<name>.b` [outputs]. */
export const denseParameters = (name: string, inputs: number, outputs: number): ParameterSpec[] => [
  { name: `${name}.w`, shape: [inputs, outputs], initial: lecun },
  { name: `${name}.b`, shape: [outputs], initial: zeros },
];

/** x·W + b for x [rows, inputs]: one Gemm, which is why layers keep to rows. */
export const dense = (g: Graph, p: NamedValues, x: Value, name: string): Value =>
  g.gemm(x, valueOf(p, `${name}.w`), valueOf(p, `${name}.b`));

/** `<name>.scale` and `<name>.bias`, both [width]. */
export const normParameters = (name: string, width: number): ParameterSpec[] => [
  { name: `${name}.scale`, shape: [width], initial: ones },
  { name: `${name}.bias`, shape: [width], initial: zeros },
];

/** Layer normalisation of each row of x [rows, width]. */
export const norm = (g: Graph, p: NamedValues, x: Value, name: string): Value =>
  g.layerNorm(x, valueOf(p, `${name}.scale`), valueOf(p, `${name}.bias`));
