import { dimAt, sameShape, sizeAt, sizeOf } from "@groundswell/onnx";
import type { Window } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import type { Node, Value } from "../value.ts";
import { batchNormalized } from "./batch-norm.ts";
import { poolWindows, windowsIn } from "./chains.ts";
import type { Chains } from "./chains.ts";
import { convolved } from "./conv.ts";
import type { Pictures } from "./pictures.ts";
import { averagePooled, isOrderedFor, maxPooled } from "./pool.ts";
import { stacked, unstacked } from "./rows.ts";
import type { Rows } from "./rows.ts";

interface RowSite {
  readonly g: Graph;
  readonly node: Node;
  readonly pictures: Pictures;
  readonly chains: Chains;
  readonly isChosen: (node: Node) => boolean;
}

/** Says a node in rows; false where it is better left as it is. */
type RowRule = (site: RowSite) => boolean;

const sizesOf = (value: Value): number[] =>
  value.shape.slice(2).map((_, axis) => sizeAt(value.shape, axis + 2));

/** Input and output of a node with one of each that matter. */
function ends({ inputs, outputs }: Node): [Value, Value] {
  const [x] = inputs;
  const [y] = outputs;
  if (!x || !y) throw new RangeError("A node without input or output");
  return [x, y];
}

const conv: RowRule = ({ g, node, pictures, chains, isChosen }) => {
  if (!isChosen(node)) return false;
  const [x, y] = ends(node);
  const [, w = x, bias = null] = node.inputs;
  if (w === null) return false;
  const kernel = sizesOf(w);
  const windows = windowsIn(node, kernel);
  const to = { sizes: sizesOf(y), window: chains.window.get(y) ?? null };
  const later = chains.postponed.has(y);
  const added = bias && pictures.planes(bias);
  const parts = { w: pictures.planes(w), bias: later ? null : added, windows, to };
  const rows = convolved(g, pictures.rows(x), parts);
  if (!later) pictures.setRows(y, rows);
  else pictures.postpone(y, { rows, after: (pooled) => (added ? g.add(pooled, added) : pooled) });
  return true;
};

const relu: RowRule = (site) => {
  const { g, node, pictures, chains } = site;
  const [x, y] = ends(node);
  if (!chains.postponed.has(y)) return elementwise(site);
  const before = pictures.postponed(x);
  const rows = before?.rows ?? pictures.rowsAlready(x);
  if (rows === undefined) return false;
  const first = before?.after ?? ((pooled: Value) => pooled);
  pictures.postpone(y, { rows, after: (pooled) => g.relu(first(pooled)) });
  return true;
};

const maxPool: RowRule = ({ g, node, pictures }) => {
  const [x, y] = ends(node);
  const postponed = pictures.postponed(x);
  const rows = postponed?.rows ?? pictures.rowsAlready(x);
  // Indices count elements as planes have them.
  if (rows === undefined || node.outputs.length > 2 || !isKnown(y)) return false;
  const pooled = maxPooled(g, rows, poolWindows(node), sizesOf(y));
  const after = postponed?.after ?? ((value: Value) => value);
  pictures.setRows(y, { ...pooled, value: after(pooled.value) });
  return true;
};

const averagePool: RowRule = ({ g, node, pictures }) => {
  const [x, y] = ends(node);
  const rows = pictures.rowsAlready(x);
  const windows: readonly Window[] = rows === undefined ? [] : poolWindows(node);
  if (rows === undefined || !isOrderedFor(rows, windows)) return false;
  pictures.setRows(y, averagePooled(g, rows, windows, sizesOf(y)));
  return true;
};

const isKnown = (value: Value): boolean =>
  value.shape.slice(2).every((size) => typeof size === "number");

const globalAveragePool: RowRule = ({ g, node, pictures }) => {
  const [x, y] = ends(node);
  const rows = pictures.rowsAlready(x);
  if (rows === undefined) return false;
  const value = g.reduceMean(rows.value, { axes: [1], keepDims: true });
  pictures.setRows(y, { sizes: sizesOf(y), window: null, value });
  return true;
};

const batchNorm: RowRule = ({ g, node, pictures }) => {
  const [x, y] = ends(node);
  const rows = pictures.rowsAlready(x);
  const statistics = node.inputs.slice(1).map((input) => input && pictures.planes(input));
  const [scale, bias, mean, variance] = statistics;
  if (rows === undefined || !scale || !bias || !mean || !variance) return false;
  const { epsilon, momentum, training_mode } = node.attributes;
  const norm = { scale, bias, mean, variance };
  const flat = stacked(g, rows.value);
  const settings = { epsilon: Number(epsilon), momentum: Number(momentum) };
  const [value, ...running] =
    training_mode === 1
      ? batchNormalized(g, flat, { ...norm, ...settings })
      : [g.batchNorm(flat, norm, settings.epsilon)];
  pictures.setRows(y, { ...rows, value: unstacked(g, value, rows.value) });
  for (const [index, statistic] of running.entries()) {
    const output = node.outputs[index + 1];
    if (output !== undefined) pictures.setPlanes(output, statistic);
  }
  return true;
};

/** Elements for themselves, in whatever order they come: all rows in the same order, or one for all. */
const elementwise: RowRule = ({ g, node, pictures }) => {
  const [, y] = ends(node);
  const already = node.inputs.flatMap((input) => (input && pictures.rowsAlready(input)) || []);
  const model = already.find(({ sizes }) => sameShape(sizes, y.shape.slice(2)));
  if (model === undefined || node.outputs.length > 1) return false;
  const operands = node.inputs.map((input) => operandOf(g, input, { y, model, pictures }));
  if (operands.includes(undefined)) return false;
  const inputs = operands.map((operand) => operand ?? null);
  const value = g.emit(node.operator, inputs, node.attributes);
  pictures.setRows(y, { sizes: model.sizes, window: model.window, value });
  return true;
};

interface ElementSite {
  readonly y: Value;
  /** In whose order the others have to be. */
  readonly model: Rows;
  readonly pictures: Pictures;
}

/** An operand of `y` as it goes with rows; undefined where it doesn't. */
function operandOf(g: Graph, input: Value | null, { y, model, pictures }: ElementSite) {
  if (input === null) return null;
  const rows = pictures.rowsAlready(input);
  const fits =
    rows !== undefined && (sizeOf(rows.sizes) === 1 || sameOrder(rows, model)) ? rows : undefined;
  if (fits !== undefined) return fits.value;
  if (rows === undefined && input.shape.every((size) => size === 1)) {
    return g.reshape(pictures.planes(input), []);
  }
  if (sameShape(input.shape, y.shape) && model.window === null) return pictures.rows(input).value;
  const channels = dimAt(y.shape, 1);
  const padded = [...Array.from({ length: 4 }, () => 1), ...input.shape].slice(-y.shape.length);
  const perChannel = padded.every((size, axis) => size === (axis === 1 ? channels : 1));
  return perChannel ? g.reshape(pictures.planes(input), [channels]) : undefined;
}

const sameOrder = (a: Rows, b: Rows): boolean =>
  sameShape(a.sizes, b.sizes) && sameShape(a.window ?? [], b.window ?? []);

const ELEMENTWISE = [
  "Abs",
  "Add",
  "Clip",
  "Div",
  "Elu",
  "Erf",
  "Exp",
  "Gelu",
  "HardSigmoid",
  "HardSwish",
  "Identity",
  "LeakyRelu",
  "Log",
  "Max",
  "Min",
  "Mish",
  "Mul",
  "Neg",
  "Selu",
  "Sigmoid",
  "Softplus",
  "Sqrt",
  "Sub",
  "Sum",
  "Tanh",
];

/** By operator. What isn't here works on planes. */
export const ROW_RULES: ReadonlyMap<string, RowRule> = new Map<string, RowRule>([
  ...ELEMENTWISE.map((name) => [name, elementwise] as const),
  ["Relu", relu],
  ["Conv", conv],
  ["MaxPool", maxPool],
  ["AveragePool", averagePool],
  ["GlobalAveragePool", globalAveragePool],
  ["BatchNormalization", batchNorm],
]);
