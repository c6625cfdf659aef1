import {
  follow,
  type Following,
  type Frame,
  startFollowing,
  type Verdict,
  type WeightChanges,
  type Weights,
} from "@groundswell/models";
import type { Predictor } from "@groundswell/training";

/** A whole set of weights from an artifact. */
export interface Start {
  /** Number of the version from which this line of learning began. */
  base: number;
  /** The step that the weights are of. */
  step: number;
  /** Reads them anew each time it is called. */
  read: () => Weights;
}

export interface Predicted {
  /** `[inputs.length, classes]` */
  probabilities: Float32Array;
  version: number;
  learnedThrough: number;
}

/** misfit: whole and in order, but not weights of this model. */
type Reception = Verdict | "misfit";

/** The learning champion of a model, in the thread that predicts. It always holds the whole of one step. */
export interface ServedModel {
  predict: (inputs: readonly Uint8Array[]) => Predicted;
  receive: (frame: Frame) => Reception;
  /** Begins a new line from an artifact; throws, and keeps what it has, where that doesn't fit. */
  rebase: (start: Start) => void;
  held: () => Following;
  close: () => void;
}

/** @param open makes a predictor of the model's settings @throws whatever `start.read` and `open` throw */
export function createServedModel(
  open: (weights: Weights) => Predictor,
  start: Start,
): ServedModel {
  const first = start.read();
  const shape = shapeOf(first);
  const predictor = open(first);
  let held = startFollowing(start.base, start.step);
  let fallback = start;

  const fallBack = () => {
    predictor.replace(fallback.read());
    held = startFollowing(fallback.base, fallback.step, held);
  };
  return {
    predict: (inputs) => ({
      probabilities: predictor.predict(inputs),
      version: held.base,
      learnedThrough: held.step,
    }),
    receive(frame) {
      const answer = follow(held, frame);
      if (answer.verdict !== "applied") {
        held = answer.held;
        return answer.verdict;
      }
      if (!fits(shape, frame)) return "misfit";
      try {
        if (frame.kind === "whole") predictor.replace(frame.weights);
        else predictor.apply(frame.changes);
      } catch {
        // Some of it may be in: only a whole set is sure not to be mixed.
        fallBack();
        return "misfit";
      }
      held = answer.held;
      return "applied";
    },
    rebase(next) {
      const weights = next.read();
      if (!fits(shape, { kind: "whole", weights }))
        throw new Error(`Version ${next.base} has other weights than this model`);
      predictor.replace(weights);
      fallback = next;
      held = startFollowing(next.base, next.step, held);
    },
    held: () => held,
    close: () => predictor.close(),
  };
}

interface Shape {
  dense: Map<string, string>;
  /** Rows and width. */
  tables: Map<string, readonly [number, number]>;
}

function shapeOf({ dense, tables }: Weights): Shape {
  return {
    dense: new Map(
      Object.entries(dense).map(([name, { dtype, dims }]) => [name, `${dtype} ${dims.join()}`]),
    ),
    tables: new Map(
      Object.entries(tables).map(([name, { dims }]) => [name, [dims[0] ?? 0, dims[1] ?? 0]]),
    ),
  };
}

type Content = { kind: "whole"; weights: Weights } | { kind: "changes"; changes: WeightChanges };

/** Names, sizes, rows within their tables, and no number that isn't one. */
function fits(shape: Shape, content: Content): boolean {
  const { dense } = content.kind === "whole" ? content.weights : content.changes;
  const entries = Object.entries(dense);
  if (entries.length !== shape.dense.size) return false;
  for (const [name, { dtype, dims, data }] of entries) {
    if (shape.dense.get(name) !== `${dtype} ${dims.join()}`) return false;
    if (data instanceof Float32Array && !allFinite(data)) return false;
  }
  return content.kind === "whole"
    ? tablesFit(shape, content.weights)
    : rowsFit(shape, content.changes);
}

function tablesFit({ tables: known }: Shape, { tables }: Weights): boolean {
  const entries = Object.entries(tables);
  if (entries.length !== known.size) return false;
  return entries.every(([name, { dims, data }]) => {
    const [rows, width] = known.get(name) ?? [];
    if (dims.length !== 2 || dims[0] !== rows || dims[1] !== width) return false;
    return data instanceof Float32Array && allFinite(data);
  });
}

function rowsFit({ tables: known }: Shape, { tables }: WeightChanges): boolean {
  return Object.entries(tables).every(([name, { rows, values }]) => {
    const [most, width] = known.get(name) ?? [0, 0];
    if (values.length !== rows.length * width || !allFinite(values)) return false;
    return rows.every((row) => row >= 0 && row < most);
  });
}

function allFinite(values: Float32Array): boolean {
  // NaN for what is no finite number, and it stays in a sum: one test instead of one for each.
  let sum = 0;
  for (const value of values) sum += value - value;
  return sum === 0;
}
