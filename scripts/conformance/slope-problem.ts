import { randomStream } from "@groundswell/autograd";
import { elementsFrom, sizeOf, tensor } from "@groundswell/onnx";
import type { Model, Tensor } from "@groundswell/onnx";

import { isRandom } from "./check-outputs.ts";
import { Refusal } from "./outcome.ts";
import { numbersOf, runnables, type Recorded } from "./recorded.ts";

const MOST_ELEMENTS = 4_096;

export type SlopeType = "float32" | "float64";

/** An input x that moves: the model is fed x + t·along. */
interface MovingInput {
  readonly name: string;
  readonly value: Tensor;
  readonly along: Tensor;
}

/** An output y: the loss is the sum of all y·weight. */
interface WeighedOutput {
  readonly name: string;
  readonly value: Tensor;
  readonly weight: Tensor;
}

/** What the slopes of a model are asked at, drawn from a seed. */
export interface SlopeProblem {
  readonly dtype: SlopeType;
  readonly moving: readonly MovingInput[];
  readonly weighed: readonly WeighedOutput[];
  /** As they were recorded. */
  readonly outputs: Readonly<Record<string, Tensor>>;
}

/** @throws Refusal where there is no slope to ask for, or too much to do */
export function slopeProblem(model: Model, recorded: Recorded): SlopeProblem {
  if (isRandom(model)) throw new Refusal("Outputs are random");
  const inputs = Object.entries(runnables(recorded.inputs));
  const outputs = runnables(recorded.outputs);
  const dtype = inputs.map(([, value]) => value.dtype).find(isSlopeType);
  if (dtype === undefined) throw new Refusal("No input is float32 or float64");
  const moving = inputs.filter(([, value]) => value.dtype === dtype);
  const weighed = Object.entries(outputs).filter(([, value]) => value.dtype === dtype);
  if (weighed.length === 0) throw new Refusal("No output has the float type of the inputs");
  const sizes = [...moving, ...weighed].map(([, { dims }]) => sizeOf(dims));
  if (Math.max(...sizes) > MOST_ELEMENTS) {
    throw new Refusal(`An input or output has more than ${MOST_ELEMENTS} elements`);
  }
  return {
    dtype,
    moving: moving.map(([name, value], k) => ({ name, value, along: drawnLike(value, 29, k) })),
    weighed: weighed.map(([name, value], k) => ({ name, value, weight: drawnLike(value, 5, k) })),
    outputs,
  };
}

function isSlopeType(dtype: string): dtype is SlopeType {
  return dtype === "float32" || dtype === "float64";
}

/** Normal draws, and zero where a value isn't finite: nothing moves there. */
function drawnLike(value: Tensor, seed: number, index: number): Tensor {
  const stream = randomStream(seed);
  const numbers = numbersOf(value).map((element, k) =>
    Number.isFinite(element) ? stream.normal(k, index) : 0,
  );
  return tensor(value.dtype, value.dims, elementsFrom(value.dtype, numbers));
}
