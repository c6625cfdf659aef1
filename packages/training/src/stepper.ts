import {
  crossEntropy,
  openTrainer,
  type Optimiser,
  type StateSpec,
  type TouchedRows,
  trainStep,
  type TrainStep,
} from "@groundswell/autograd";
import { type Provider, type RunsOn, tensor, type Tensor } from "@groundswell/onnx";

import type { Architecture, Batch, Weights } from "./recipe.ts";
import { openTable } from "./table.ts";
import { copyWeights } from "./weights.ts";

/** Everything that a stepper holds, by the names of its state: parameters and the optimiser's slots. */
export interface StepperState {
  /** Steps executed. */
  t: number;
  tensors: Record<string, Tensor>;
}

/** A model under training: each step changes its weights. */
export interface Stepper {
  readonly t: number;
  readonly provider: Provider;
  /** @param targets `[batch.size, classes]`: see `targetsOf` @returns the loss before the update */
  step(batch: Batch, targets: Tensor, learningRate: number): number;
  /** Copies of the dense parameters, the tables themselves. */
  live(): Weights;
  /** Copies. */
  state(): StepperState;
  close(): void;
}

/** The step of training that an architecture and an optimiser make. */
export function stepOf(architecture: Architecture, optimiser: Optimiser): TrainStep {
  const { parameters, inputs, classes } = architecture;
  return trainStep({
    parameters,
    batch: [...inputs, { name: TARGETS, dtype: "float32", shape: ["N", classes.length] }],
    build: (g, values, batch) => {
      const targets = batch[TARGETS];
      if (!targets) throw new RangeError("The step has no targets");
      return { loss: crossEntropy(g, architecture.logits(g, values, batch), targets) };
    },
    optimiser,
  });
}

export const TARGETS = "targets";

/** Weights with an optimiser that has not stepped yet. */
export function freshState(
  architecture: Architecture,
  step: TrainStep,
  weights: Weights,
): StepperState {
  const { dense, tables } = copyWeights(weights);
  const tensors: Record<string, Tensor> = { ...dense, ...tables };
  for (const { name, parameter, slot } of step.state) {
    const of = tensors[parameter];
    if (!of) throw new Error(`There is no parameter "${parameter}"`);
    if (slot !== null) tensors[name] = tensor("float32", of.dims, new Float32Array(of.data.length));
  }
  return { t: 0, tensors };
}

/**
 * Takes `state` over. Dense parameters live inside the trainer; tables stay in plain memory, and
 * a step is handed only the rows that its batch touches.
 */
export function openStepper(
  architecture: Architecture,
  optimiser: Optimiser,
  start: Weights | StepperState,
  runsOn: RunsOn = {},
): Stepper {
  const step = stepOf(architecture, optimiser);
  const { t, tensors } = "t" in start ? start : freshState(architecture, step, start);
  const isTable = ({ parameter }: StateSpec) => parameter in architecture.tableRows;
  const dense = step.state.filter((one) => !isTable(one));
  const trainer = openTrainer(
    step,
    { t, values: Object.fromEntries(dense.map(({ name }) => [name, floats(tensors, name)])) },
    { mode: "one", ...runsOn },
  );
  const tables = Object.keys(architecture.tableRows).map((name) =>
    openTable(
      name,
      step.state
        .filter(({ parameter }) => parameter === name)
        .map((one) => floats(tensors, one.name)),
      architecture.tableRows[name] ?? 1,
    ),
  );
  const asTensor = (name: string, data: Float32Array) =>
    tensor("float32", tensors[name]?.dims ?? [], data as Float32Array<ArrayBuffer>);

  return {
    get t() {
      return trainer.t;
    },
    provider: trainer.provider,
    step(batch, targets, learningRate) {
      const rows: Record<string, TouchedRows> = {};
      for (const table of tables) rows[table.name] = table.touched(batch.rows[table.name]);
      const loss = trainer.step({ ...batch.inputs, [TARGETS]: targets }, learningRate, rows);
      for (const table of tables) table.scatter(batch.rows[table.name]);
      return loss;
    },
    live() {
      const values = Object.entries(trainer.parameters());
      return {
        dense: Object.fromEntries(values.map(([name, data]) => [name, asTensor(name, data)])),
        tables: Object.fromEntries(tables.map(({ name, values: v }) => [name, asTensor(name, v)])),
      };
    },
    state() {
      const { values } = trainer.state();
      const all = Object.entries(values).map(([name, data]) => [name, asTensor(name, data)]);
      const ofTables = step.state.filter(isTable).map(({ name }) => {
        return [name, asTensor(name, floats(tensors, name).slice())] as const;
      });
      return { t: trainer.t, tensors: Object.fromEntries([...all, ...ofTables]) };
    },
    close: () => trainer.close(),
  };
}

function floats(
  tensors: Readonly<Record<string, Tensor>>,
  name: string,
): Float32Array<ArrayBuffer> {
  const data = tensors[name]?.data;
  if (!(data instanceof Float32Array) || !(data.buffer instanceof ArrayBuffer))
    throw new TypeError(`"${name}" is no float32 tensor`);
  return data as Float32Array<ArrayBuffer>;
}
