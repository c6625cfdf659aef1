import { dependenciesOf, reads } from "../dependencies.ts";
import type { Graph } from "../graph.ts";
import type { Node, Value } from "../value.ts";
import { chainsOf } from "./chains.ts";
import { isFasterInRows } from "./choice.ts";
import { createPictures } from "./pictures.ts";
import type { Pictures } from "./pictures.ts";
import { ROW_RULES } from "./rules.ts";

/**
 * Computes `values` again with the convolutions among what they depend on as products of
 * matrices over rows of pixels, channels last, together with what stands between them. The
 * results are the same but for rounding, and so are their slopes. Where no convolution gains
 * by it, they stay as they are. Answers what each of `values` has become.
 *
 * @param isChosen which convolutions, of those that `canBeRows`
 */
export function inRows(
  g: Graph,
  values: readonly Value[],
  isChosen: (node: Node) => boolean = isFasterInRows,
): (value: Value) => Value {
  const needed = dependenciesOf(values);
  const nodes = g.nodes.filter((node) => node.outputs.some((output) => needed.has(output)));
  // A graph inside a node reads values under the names they have.
  if (!nodes.some(isChosen) || nodes.some((node) => node.captured.length > 0))
    return (value) => value;

  const chains = chainsOf(nodes, readersOf(nodes, values), isChosen);
  const pictures = createPictures(g);
  for (const node of nodes) {
    const site = { g, node, pictures, chains, isChosen };
    if (ROW_RULES.get(node.operator.name)?.(site) !== true) repeat(g, node, pictures);
  }
  return (value) => pictures.planes(value);
}

/** The node on what its inputs have become; itself where they are what they were. */
function repeat(g: Graph, node: Node, pictures: Pictures): void {
  const inputs = node.inputs.map((input) => input && pictures.planes(input));
  if (inputs.every((input, index) => input === node.inputs[index])) return;
  const { operator, attributes, subgraphs, outputs } = node;
  const again = g.emitAll(operator, inputs, plain(attributes, subgraphs), {
    outputCount: outputs.length,
    subgraphs,
    ...(node.origin === null ? {} : { origin: node.origin }),
  });
  for (const [index, output] of outputs.entries()) {
    const now = again[index];
    if (now !== undefined) pictures.setPlanes(output, now);
  }
}

/** The attributes without the signatures of the graphs among them, which `emitAll` adds. */
const plain = (attributes: Node["attributes"], subgraphs: Node["subgraphs"]) =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !(name in subgraphs)));

function readersOf(nodes: readonly Node[], values: readonly Value[]): Map<Value, number> {
  const readers = new Map<Value, number>();
  const count = (value: Value | null): void => {
    if (value !== null) readers.set(value, (readers.get(value) ?? 0) + 1);
  };
  for (const node of nodes) for (const input of reads(node)) count(input);
  for (const value of values) count(value);
  return readers;
}
