import { isFloat, sameShape, showShape } from "@groundswell/onnx";

import { dependenciesOf, reads } from "./dependencies.ts";
import { GraphError, UnwrittenRule } from "./errors.ts";
import type { Graph } from "./graph.ts";
import type { GradientSite, Slopes } from "./op.ts";
import { opOf } from "./ops/index.ts";
import { perInput } from "./value.ts";
import type { Node, Shape, Value } from "./value.ts";

/**
 * Appends the reverse-mode gradient of `loss` (a float scalar) to `g` and answers one
 * value for each of `wrt`, of its shape. The rules emit ordinary operators, so a gradient
 * can be differentiated again.
 *
 * The operators' rules state calculus only. Everything else is here: the order, skipping
 * what leads nowhere, adding up what arrives from several places, and summing over axes
 * that an operator had broadcast.
 *
 * @throws GraphError where the loss doesn't depend on one of `wrt`, and where the way to it
 *   leads through an operator without a gradient
 */
export function gradient(
  g: Graph,
  loss: Value,
  wrt: readonly Value[],
  calculus: Calculus = opOf,
): Value[] {
  return createSlopesOf(calculus)(g, loss, wrt).map((slope, index) => {
    if (slope === null) throw new GraphError(`The loss doesn't depend on "${wrt[index]?.name}"`);
    return slope;
  });
}

/** The rules that the walk goes by. */
export type Calculus = typeof opOf;

/** `gradient`, with null for what the loss doesn't depend on; rules get it too, for graphs within. */
function createSlopesOf(calculus: Calculus): GradientSite["slopesOf"] {
  return function slopesOf(g, loss, wrt) {
    return walkBack({ calculus, slopesOf }, g, loss, wrt);
  };
}

function walkBack(
  rules: Pick<Walk, "calculus" | "slopesOf">,
  g: Graph,
  loss: Value,
  wrt: readonly Value[],
): (Value | null)[] {
  if (loss.shape.length > 0 || !isFloat(loss.dtype)) {
    throw new GraphError(`The loss is ${loss.dtype} ${showShape(loss.shape)}, not a float scalar`);
  }
  // Before the walk appends to g.nodes.
  const forward = [...g.nodes];
  const wanted = dependentsOf(forward, wrt);
  const slopes = createSlopes(g);
  const walk = { ...rules, g, wanted, slopes, sources: new Set(wrt) };
  slopes.add(loss, g.constant(1, loss.dtype));

  for (const node of forward.toReversed()) {
    if (node.outputs.some((output) => wanted.has(output))) propagate(walk, node);
  }
  return wrt.map((value) => slopes.of(value));
}

interface Walk {
  readonly calculus: Calculus;
  readonly slopesOf: GradientSite["slopesOf"];
  readonly g: Graph;
  /** What slopes are asked of. */
  readonly sources: ReadonlySet<Value>;
  readonly wanted: ReadonlySet<Value>;
  readonly slopes: SlopeTable;
}

/** `sources` and every value computed from them. */
function dependentsOf(nodes: readonly Node[], sources: readonly Value[]): Set<Value> {
  const dependents = new Set(sources);
  for (const node of nodes) {
    if (!reads(node).some((input) => input !== null && dependents.has(input))) continue;
    for (const output of node.outputs) dependents.add(output);
  }
  return dependents;
}

interface SlopeTable {
  /** The sum of what has arrived at `value` so far; null where nothing has. */
  of(value: Value): Value | null;
  add(value: Value, slope: Value): void;
}

function createSlopes(g: Graph): SlopeTable {
  const slopes = new Map<Value, Value>();
  return {
    of: (value) => slopes.get(value) ?? null,
    add(value, slope) {
      const before = slopes.get(value);
      slopes.set(value, before === undefined ? slope : g.add(before, slope));
    },
  };
}

/** Carries the slopes of a node's outputs over to its inputs. */
function propagate(walk: Walk, node: Node): void {
  const { g, wanted, slopes, slopesOf } = walk;
  const { operator, inputs, outputs, attributes, subgraphs } = node;
  const arrived = outputs.map((output) => slopes.of(output));
  const y = outputs[0];
  if (y === undefined || arrived.every((slope) => slope === null)) return;
  const region = g.regionOf(node);
  if (region !== undefined && arrived[0]) {
    const rules = region.slopes({ dy: arrived[0] });
    for (const [index, input] of region.inputs.entries()) {
      const rule = rules[index];
      if (rule && wanted.has(input)) slopes.add(input, sumToShape(g, rule(), input.shape));
    }
    return;
  }
  const { grad } = walk.calculus(operator);
  if (typeof grad !== "function") {
    if (grad.kind === "flat") return;
    throw refusal(node, grad.reason, walk.sources);
  }
  const given = { attributes, subgraphs, inputs: perInput(inputs) };
  const site = { g, slopesOf, y, outputs, slopes: arrived, ...given };
  // Most rules read only the first output's slope, and most operators have no other output.
  const dy = arrived[0] ?? g.zerosLike(y);
  try {
    const rules: Slopes = grad({ ...site, dy });
    for (const [index, input] of reads(node).entries()) {
      if (input === null || !wanted.has(input) || !isFloat(input.dtype)) continue;
      const rule = rules[index];
      if (!rule) throw new UnwrittenRule(`there is no rule for its input ${index}`);
      slopes.add(input, sumToShape(g, rule(), input.shape));
    }
  } catch (cause) {
    if (!(cause instanceof UnwrittenRule)) throw cause;
    throw refusal(node, cause.message, walk.sources);
  }
}

/** Says what would help as well: nothing is needed of the node where what lies below it doesn't train. */
function refusal(node: Node, reason: string, sources: ReadonlySet<Value>): GraphError {
  const name = node.origin ?? node.outputs[0]?.name ?? "";
  const dependencies = dependenciesOf(reads(node));
  const below = [...sources].filter((source) => dependencies.has(source));
  const names = below.map((value) => `"${value.name}"`).join(", ");
  return new GraphError(
    `${node.operator.name} (node ${name}) has no gradient: ${reason}. ` +
      `It isn't needed where ${names} ${below.length === 1 ? "is" : "are"} frozen`,
  );
}

/** Undoes broadcasting: sums `slope` over the axes that `shape` doesn't have, or has with size 1. */
function sumToShape(g: Graph, slope: Value, shape: Shape): Value {
  const added = slope.shape.length - shape.length;
  const leading = Array.from({ length: added }, (_, axis) => axis);
  const inner = g.reduceSum(slope, { axes: leading });
  const stretched = shape.flatMap((dim, axis) =>
    dim === 1 && inner.shape[axis] !== 1 ? [axis] : [],
  );
  const sum = g.reduceSum(inner, { axes: stretched, keepDims: true });
  if (!sameShape(sum.shape, shape)) {
    throw new GraphError(`Slope ${showShape(slope.shape)} for a value ${showShape(shape)}`);
  }
  return sum;
}
