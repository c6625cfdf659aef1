import { windowsOf } from "@groundswell/onnx";
import type { AttributeValue, Window } from "@groundswell/onnx";

import type { Node, Value } from "../value.ts";

/** What comes before pools whose windows don't overlap. */
export interface Chains {
  /** Values that only such a pool reads in the end: its window, for their pixels' order. */
  readonly window: ReadonlyMap<Value, readonly number[]>;
  /**
   * Outputs of a Relu or a convolution right before a maximum. Neither a Relu nor an added
   * bias changes which entry is the greatest, so both come after it, on fewer pixels.
   */
  readonly postponed: ReadonlySet<Value>;
}

/** The windows that a node slides over its first input. */
export function windowsIn({ attributes, inputs }: Node, kernel: readonly number[]): Window[] {
  const [x] = inputs;
  const { auto_pad, dilations, pads, strides } = attributes;
  return windowsOf(x?.shape ?? [], kernel, {
    auto_pad: typeof auto_pad === "string" ? auto_pad : "NOTSET",
    dilations: numbers(dilations),
    pads: numbers(pads),
    strides: numbers(strides),
  });
}

const numbers = (value: AttributeValue | null | undefined): number[] | null =>
  Array.isArray(value) ? value.map(Number) : null;

/** The windows of a pool. */
export const poolWindows = (pool: Node): Window[] =>
  windowsIn(pool, numbers(pool.attributes["kernel_shape"]) ?? []);

/** Window sizes of a pool that cuts its input into parts of equal size, else null. */
function partition(pool: Node): number[] | null {
  const x = pool.inputs[0];
  if (!x || !x.shape.slice(2).every((size) => typeof size === "number")) return null;
  const windows = poolWindows(pool);
  const fits = windows.every(
    ({ kernel, stride, dilation, before, after }, axis) =>
      stride === kernel &&
      dilation === 1 &&
      before === 0 &&
      after === 0 &&
      Number(x.shape[axis + 2]) % kernel === 0,
  );
  return fits ? windows.map(({ kernel }) => kernel) : null;
}

/** @param isConv which nodes will be convolutions of rows */
export function chainsOf(
  nodes: readonly Node[],
  readers: ReadonlyMap<Value, number>,
  isConv: (node: Node) => boolean,
): Chains {
  const window = new Map<Value, readonly number[]>();
  const postponed = new Set<Value>();
  for (const pool of nodes) {
    if (pool.operator.name !== "MaxPool" && pool.operator.name !== "AveragePool") continue;
    const part = partition(pool);
    const above = part === null ? [] : onlyReadBy(pool, readers);
    const last = above.at(-1);
    if (part === null || !last?.node || !isConv(last.node)) continue;
    for (const value of above) window.set(value, part);
    if (pool.operator.name === "MaxPool") {
      const [first, second] = above;
      const isRelu = first?.node?.operator.name === "Relu";
      if (first && (isRelu || first === last)) postponed.add(first);
      if (second && isRelu && second === last) postponed.add(second);
    }
  }
  return { window, postponed };
}

const BETWEEN = new Set(["Relu", "BatchNormalization"]);

/** From the pool's input up through Relu and normalisation, as long as nobody else reads them. */
function onlyReadBy(pool: Node, readers: ReadonlyMap<Value, number>): Value[] {
  const above: Value[] = [];
  let value = pool.inputs[0];
  while (value && readers.get(value) === 1) {
    above.push(value);
    if (!value.node || !BETWEEN.has(value.node.operator.name)) break;
    value = value.node.inputs[0];
  }
  return above;
}
