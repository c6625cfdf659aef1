import type { GraphDef } from "@groundswell/onnx";

import type { Subgraph, Value } from "./value.ts";

/** The values of the graph around it that a subgraph reads, in the order of their first use. */
export function capturedBy({
  g,
  inputs,
  outputs,
}: Pick<Subgraph, "g" | "inputs" | "outputs">): Value[] {
  const own = new Set<Value>([...inputs, ...g.nodes.flatMap((node) => node.outputs)]);
  const read = g.nodes.flatMap((node) => [...node.inputs, ...node.captured]);
  const captured = new Set<Value>();
  for (const value of [...read, ...outputs]) {
    if (value === null || own.has(value) || g.contentsOf(value) !== undefined) continue;
    captured.add(value);
  }
  return [...captured];
}

/** What shape rules see of a subgraph: the types and shapes of its inputs and outputs. */
export function signatureOf({ g, inputs, outputs }: Subgraph): GraphDef {
  const infos = (values: readonly Value[]): GraphDef["inputs"] =>
    values.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  return {
    name: g.scope,
    nodes: [],
    initializers: [],
    inputs: infos(inputs),
    outputs: infos(outputs),
  };
}
