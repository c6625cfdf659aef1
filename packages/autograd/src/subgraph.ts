import type { GraphDef } from "@groundswell/onnx";

import type { Graph } from "./graph.ts";
import type { Node, Subgraph, Value } from "./value.ts";

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

/** Appends what `body` does with `inputs` to another graph; answers its outputs there. */
export function transplant(body: Subgraph, into: Graph, inputs: readonly Value[]): Value[] {
  return copyInto(into, body, { inputs, around: (value) => value });
}

interface Copying {
  readonly inputs: readonly Value[];
  /** What the values around the body have become. */
  readonly around: (value: Value) => Value;
}

function copyInto(into: Graph, { g, ...body }: Subgraph, { inputs, around }: Copying): Value[] {
  const copies = new Map<Value, Value>();
  for (const [index, input] of body.inputs.entries()) copies.set(input, inputs[index] ?? input);
  const copyOf = (value: Value): Value => {
    const copy = copies.get(value);
    if (copy !== undefined) return copy;
    const constant = g.contentsOf(value);
    return constant === undefined ? around(value) : into.constantTensor(constant);
  };
  for (const node of g.nodes) {
    const outputs = copyNode(into, node, copyOf);
    for (const [index, output] of node.outputs.entries()) {
      copies.set(output, outputs[index] ?? output);
    }
  }
  return body.outputs.map(copyOf);
}

function copyNode(into: Graph, node: Node, copyOf: (value: Value) => Value): readonly Value[] {
  const subgraphs = Object.entries(node.subgraphs).map(([name, body]) => {
    const copy = into.subgraph((inner) => {
      const inputs = body.inputs.map(({ dtype, shape }, k) =>
        inner.input(`input.${k}`, dtype, shape),
      );
      return { inputs, outputs: copyInto(inner, body, { inputs, around: copyOf }) };
    });
    return [name, copy] as const;
  });
  return into.emitAll(
    node.operator,
    node.inputs.map((input) => (input === null ? null : copyOf(input))),
    node.attributes,
    {
      outputCount: node.outputs.length,
      subgraphs: Object.fromEntries(subgraphs),
      ...(node.origin === null ? {} : { origin: node.origin }),
    },
  );
}
