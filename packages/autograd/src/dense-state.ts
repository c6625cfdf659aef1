import { isStatic, showShape, sizeOf, tensor } from "@groundswell/onnx";
import type { Tensor } from "@groundswell/onnx";

import { GraphError } from "./errors.ts";
import { randomStream } from "./random.ts";
import { isTable, nextName } from "./step-graph.ts";
import type { StateSpec } from "./step-graph.ts";
import type { TrainStep } from "./train-step.ts";
import type { Shape } from "./value.ts";

/** All that a trainer holds: to go on from, to the same bits. */
export interface TrainerState {
  /** Steps executed. */
  readonly t: number;
  /** By state name: parameters and optimiser slots, row-major; tables are held by their owner. */
  readonly values: Readonly<Record<string, Float32Array>>;
}

/** The state of a step in two sets of buffers: one is read while the other is written. */
export interface DenseState {
  readonly t: number;
  /** To be fed, by state name. */
  now(): Readonly<Record<string, Tensor>>;
  /** To be written, by output name. */
  next(): Readonly<Record<string, Tensor>>;
  /** Makes what was written the state, after this many steps. */
  advance(steps: number): void;
  parameters(): Record<string, Float32Array>;
  state(): TrainerState;
  load(state: TrainerState): void;
}

interface Buffers {
  readonly now: Record<string, Tensor<"float32">>;
  readonly next: Record<string, Tensor<"float32">>;
}

/**
 * First values of a step's state: parameters by their initialisers, slots zero. Parameter i
 * of the step draws as index i of `randomStream(seed)`, and so should the owner of a table.
 */
export function initialState(step: TrainStep, seed: number): TrainerState {
  const stream = randomStream(seed);
  const values = denseStates(step).map(({ name, parameter, slot, shape }) => {
    const dims = knownSizes(name, shape);
    const index = step.parameters.findIndex((spec) => spec.name === parameter);
    const initial = slot === null ? step.parameters[index]?.initial : undefined;
    return [name, initial?.(dims, stream, index) ?? new Float32Array(sizeOf(dims))];
  });
  const frozen = step.frozen.map(({ name, shape }) => {
    const index = step.parameters.findIndex((spec) => spec.name === name);
    const initial = step.parameters[index]?.initial;
    return [name, initial?.(knownSizes(name, shape), stream, index) ?? new Float32Array(0)];
  });
  return { t: 0, values: Object.fromEntries([...values, ...frozen]) };
}

export function createDenseState(step: TrainStep, initial: TrainerState): DenseState {
  const states = denseStates(step);
  let [current, other] = [allocate(states), allocate(states)];
  const fixed = allocate(step.frozen).now;
  let t = 0;

  function load(state: TrainerState): void {
    for (const { name, shape } of [...states, ...step.frozen]) {
      const values = state.values[name];
      if (values?.length !== sizeOf(knownSizes(name, shape))) {
        throw new RangeError(`"${name}" ${showShape(shape)} has ${values?.length ?? "no"} values`);
      }
    }
    for (const { name } of states) current.now[name]?.data.set(state.values[name] ?? []);
    for (const { name } of step.frozen) fixed[name]?.data.set(state.values[name] ?? []);
    t = state.t;
  }

  const copies = (of: readonly Pick<StateSpec, "name">[]): Record<string, Float32Array> => {
    const held = { ...current.now, ...fixed };
    return Object.fromEntries(
      of.map(({ name }) => [name, held[name]?.data.slice() ?? new Float32Array(0)]),
    );
  };

  load(initial);
  return {
    get t() {
      return t;
    },
    now: () => ({ ...current.now, ...fixed }),
    next: () => other.next,
    advance(steps) {
      [current, other] = [other, current];
      t += steps;
    },
    parameters: () => copies([...states.filter(({ slot }) => slot === null), ...step.frozen]),
    state: () => ({ t, values: copies([...states, ...step.frozen]) }),
    load,
  };
}

/** One set of buffers, under the names they are fed by and those they are written by. */
function allocate(states: readonly Pick<StateSpec, "name" | "shape">[]): Buffers {
  const tensors = states.map(({ name, shape }) => {
    const dims = knownSizes(name, shape);
    return [name, tensor("float32", dims, new Float32Array(sizeOf(dims)))] as const;
  });
  return {
    now: Object.fromEntries(tensors),
    next: Object.fromEntries(tensors.map(([name, value]) => [nextName(name), value])),
  };
}

/** The states that aren't rows of a table. */
const denseStates = (step: TrainStep): readonly StateSpec[] =>
  step.state.filter((state) => !isTable(state));

/** `shape` with all sizes known. @throws GraphError */
export function knownSizes(name: string, shape: Shape): readonly number[] {
  if (!isStatic(shape)) throw new GraphError(`"${name}" ${showShape(shape)} has unknown sizes`);
  return shape;
}
