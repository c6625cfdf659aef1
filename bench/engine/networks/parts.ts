import {
  type Graph,
  type Initialiser,
  normal,
  type ParameterSpec,
  type Value,
  zeros,
} from "@groundswell/autograd";
import { sizeOf } from "@groundswell/onnx";

export type Values = Readonly<Record<string, Value>>;

export const ones: Initialiser = (shape) => new Float32Array(sizeOf(shape)).fill(1);

/** @throws Error for a name that the step doesn't declare */
export function at(values: Values, name: string): Value {
  const value = values[name];
  if (value === undefined) throw new Error(`The step declares no "${name}"`);
  return value;
}

export const denseParameters = (name: string, inputs: number, outputs: number): ParameterSpec[] => [
  { name: `${name}.w`, shape: [inputs, outputs], initial: normal(1 / Math.sqrt(inputs)) },
  { name: `${name}.b`, shape: [outputs], initial: zeros },
];

/** x [rows, inputs] */
export const dense = (g: Graph, p: Values, x: Value, name: string): Value =>
  g.gemm(x, at(p, `${name}.w`), at(p, `${name}.b`));

export const normParameters = (name: string, width: number): ParameterSpec[] => [
  { name: `${name}.scale`, shape: [width], initial: ones },
  { name: `${name}.bias`, shape: [width], initial: zeros },
];

export const norm = (g: Graph, p: Values, x: Value, name: string): Value =>
  g.layerNorm(x, at(p, `${name}.scale`), at(p, `${name}.bias`));
