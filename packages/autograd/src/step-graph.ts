import { isFloat, sameShape, showShape } from "@groundswell/onnx";
import type { DType } from "@groundswell/onnx";

import { GraphError } from "./errors.ts";
import { gradient } from "./gradient.ts";
import { createGraph } from "./graph.ts";
import type { Graph } from "./graph.ts";
import type { Initialiser } from "./initialisers.ts";
import type { GradientTransform, Optimiser } from "./optimisers.ts";
import { inRows } from "./rows/in-rows.ts";
import type { Shape, Value } from "./value.ts";

export interface ParameterSpec<Name extends string = string> {
  readonly name: Name;
  /**
   * float32. A symbolic first size marks a table that lives outside the graph: the graph
   * sees only the rows that a batch touches, and `OneStepTrainer.step` is handed them.
   */
  readonly shape: Shape;
  readonly initial: Initialiser;
  /** True for one that keeps its first values: it has no gradient and no optimiser state. */
  readonly frozen?: boolean;
}

export interface InputSpec<Name extends string = string> {
  readonly name: Name;
  readonly dtype: DType;
  /** The first size is the batch's, usually a symbol. */
  readonly shape: Shape;
}

/** A tensor that a step takes and gives back changed. */
export interface StateSpec {
  /** The parameter's name, or `<parameter>.<slot>`. */
  readonly name: string;
  readonly parameter: string;
  /** Null for the parameter itself. */
  readonly slot: string | null;
  readonly shape: Shape;
}

/** Values by name; where the names are known while typing, none of them may be missing. */
export type Named<Name extends string> = Readonly<Record<Name, Value>>;

export interface TrainStepOptions<P extends string = string, B extends string = string> {
  readonly parameters: readonly ParameterSpec<P>[];
  readonly batch: readonly InputSpec<B>[];
  /** `loss` is a float32 scalar. `outputs` come from the parameters as they were before the step. */
  build(
    g: Graph,
    parameters: Named<P>,
    batch: Named<B>,
  ): {
    readonly loss: Value;
    readonly outputs?: Readonly<Record<string, Value>>;
    /**
     * What becomes of parameters that the optimiser leaves alone, by name: running means of a
     * batch normalisation, a target network that follows slowly.
     */
    readonly tracked?: Readonly<Record<string, Value>>;
  };
  readonly optimiser: Optimiser;
  /** What becomes of the gradients before the optimiser sees them: `clipByNorm(1)`, say. */
  readonly gradients?: GradientTransform;
  /**
   * "rows" (the default) computes convolutions as products over rows of pixels where that is
   * faster: results differ by rounding alone. "as written" leaves every operator as it is.
   */
  readonly layout?: "rows" | "as written";
}

type Built = ReturnType<TrainStepOptions["build"]>;

/** Forward pass, loss, gradient and update in one graph, before it is written as a model. */
export interface StepGraph {
  readonly g: Graph;
  readonly outputs: Readonly<Record<string, Value>>;
  readonly state: readonly (StateSpec & { readonly now: Value; readonly next: Value })[];
  readonly optimiser: Optimiser;
  /** Of each parameter that the optimiser changes, before the transform. */
  readonly gradients: readonly { readonly parameter: Value; readonly slope: Value }[];
  /** What becomes of the gradients before the optimiser sees them. */
  readonly transform: GradientTransform;
  /** Parameters that stay as they are. */
  readonly frozen: readonly Value[];
  readonly batch: readonly Value[];
  readonly hyper: Value;
  readonly loss: Value;
}

/** Names of inputs and outputs that the step itself uses. */
export const HYPER = "hyper";
export const LOSS = "loss";
export const INDEX = "idx";
export const nextName = (state: string): string => `${state}.next`;

/** True for a parameter whose rows live outside the graph. */
export const isTable = (spec: { readonly shape: Shape }): boolean =>
  typeof spec.shape[0] === "string";

/**
 * @throws GraphError for names used twice, a loss that isn't a float32 scalar, and a
 *   parameter that the loss doesn't depend on
 */
export function buildStep<P extends string, B extends string>(
  options: TrainStepOptions<P, B>,
): StepGraph {
  const { optimiser } = options;
  const g = createGraph();
  refuseReservedNames(options);
  const parameters = options.parameters.map(({ name, shape }) => g.input(name, "float32", shape));
  const batch = options.batch.map(({ name, dtype, shape }) => g.input(name, dtype, shape));
  const hyper = g.input(HYPER, "float32", [optimiser.hyperSize]);

  const written = options.build(g, byName(parameters), byName(batch));
  const built = options.layout === "as written" ? written : withRows(g, written);
  const { loss, outputs = {}, tracked = {} } = built;
  if (loss.dtype !== "float32" || loss.shape.length > 0) {
    throw new GraphError(
      `The loss is ${loss.dtype} ${showShape(loss.shape)}, not a float32 scalar`,
    );
  }
  const isTracked = ({ name }: Value): boolean => tracked[name] !== undefined;
  const frozenNames = new Set(options.parameters.flatMap((p) => (p.frozen ? [p.name] : [])));
  const trained = parameters.filter((p) => !isTracked(p) && !frozenNames.has(p.name as P));
  const slopes = gradient(g, loss, trained);
  const transform: GradientTransform = options.gradients ?? ((_, unchanged) => unchanged);
  const transformed = transform(g, slopes);
  const scalars = Array.from({ length: optimiser.hyperSize }, (_, i) =>
    g.gather(hyper, g.constant(i, "int64")),
  );
  const state = parameters.flatMap((parameter): StepGraph["state"] => {
    const next = tracked[parameter.name];
    if (next !== undefined) return [trackedState(parameter, next)];
    const slope = transformed[trained.indexOf(parameter)];
    return slope === undefined ? [] : updateOf(g, optimiser, parameter, slope, scalars);
  });
  const frozen = parameters.filter((p) => !isTracked(p) && frozenNames.has(p.name as P));
  const gradients = trained.map((parameter, i) => ({ parameter, slope: slopes[i] ?? parameter }));
  return { g, outputs, state, gradients, transform, optimiser, frozen, batch, hyper, loss };
}

function withRows(g: Graph, { loss, outputs = {}, tracked = {} }: Built): Built {
  const rows = inRows(g, [loss, ...Object.values(outputs), ...Object.values(tracked)]);
  const now = (values: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, rows(value)]));
  return { loss: rows(loss), outputs: now(outputs), tracked: now(tracked) };
}

function trackedState(parameter: Value, next: Value): StepGraph["state"][number] {
  const { name, shape } = parameter;
  if (next.dtype !== "float32" || !sameShape(next.shape, shape)) {
    throw new GraphError(`"${name}" ${showShape(shape)} can't become ${showShape(next.shape)}`);
  }
  return { name, parameter: name, slot: null, shape, now: parameter, next };
}

/** The state of one parameter, itself first, with what the optimiser makes of it. */
export function updateOf(
  g: Graph,
  optimiser: Optimiser,
  parameter: Value,
  slope: Value,
  hyper: readonly Value[],
): StepGraph["state"] {
  const { name, shape } = parameter;
  const slots = optimiser.slots.map((slot) => g.input(`${name}.${slot}`, "float32", shape));
  const updated = optimiser.update({ g, parameter, gradient: slope, slots, hyper });
  const now = [parameter, ...slots];
  return [updated.parameter, ...updated.slots].map((next, index) => {
    const before = now[index];
    if (before === undefined || !isFloat(next.dtype) || !sameShape(next.shape, shape)) {
      throw new GraphError(`${optimiser.name} doesn't keep the shape of "${name}"`);
    }
    const slot = optimiser.slots[index - 1] ?? null;
    return { name: before.name, parameter: name, slot, shape, now: before, next };
  });
}

/** The values are those of the specs whose names are `Name`. */
export const byName = <Name extends string>(values: readonly Value[]): Named<Name> =>
  Object.fromEntries(values.map((value) => [value.name, value])) as Named<Name>;

function refuseReservedNames({
  parameters,
  batch,
}: Pick<TrainStepOptions, "parameters" | "batch">): void {
  const reserved: readonly string[] = [HYPER, LOSS, INDEX];
  const taken = [...parameters, ...batch].find(({ name }) => reserved.includes(name));
  if (taken !== undefined) throw new GraphError(`The step uses the name "${taken.name}" itself`);
}
