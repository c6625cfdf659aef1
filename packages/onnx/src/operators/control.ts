import { axisOf, dimAt, showShape, type Shape } from "../dim.ts";
import { ShapeError, UndecidedShape } from "../errors.ts";
import type { Dim, GraphDef } from "../model.ts";
import {
  defineOperator,
  given,
  graph,
  int,
  ints,
  several,
  type Known,
  type OutputSpec,
  type ShapeSite,
} from "./operator.ts";

/** Types of what a subgraph answers: as the site works them out, or as the subgraph declares them. */
function answersOf(
  body: GraphDef,
  inputs: readonly Known[],
  { subgraph }: Pick<ShapeSite, "subgraph">,
): readonly OutputSpec[] {
  if (subgraph !== undefined) return subgraph(body, inputs);
  return body.outputs.map(({ name, dtype, shape }) => {
    if (dtype === null || shape === null) {
      throw new UndecidedShape(`The output "${name}" of the subgraph has no type`);
    }
    return { dtype, shape };
  });
}

/** What a subgraph's input is known to be: a state may hold something else the next time. */
const unread = ({ dtype }: Pick<Known, "dtype">, shape: Shape): Known => ({
  dtype,
  shape,
  content: null,
});

/** Both shapes where they agree; elsewhere a size that depends on the data. */
function either(a: Shape, b: Shape, unknown: (dim: Dim) => Dim): Shape {
  if (a.length !== b.length) {
    throw new UndecidedShape(`${showShape(a)} or ${showShape(b)}: the number of axes is unknown`);
  }
  return a.map((dim, axis) => (dim === b[axis] ? dim : unknown(dim)));
}

/** Runs its body once for each entry along an axis of the scanned inputs; states go round. */
export const Scan = defineOperator({
  name: "Scan",
  attributes: {
    body: graph(),
    num_scan_inputs: int(),
    scan_input_axes: ints(null),
    scan_input_directions: ints(null),
    scan_output_axes: ints(null),
    scan_output_directions: ints(null),
  },
  shape: (_, site) => {
    const { body, num_scan_inputs, scan_input_axes, scan_output_axes } = site.attributes;
    const states = site.inputs.slice(0, site.inputs.length - num_scan_inputs);
    const scanned = site.inputs.slice(states.length);
    let steps: Dim | undefined;
    const slices = scanned.map((input, index) => {
      const axis = axisOf(scan_input_axes?.[index] ?? 0, input.shape.length);
      const size = dimAt(input.shape, axis);
      steps ??= size;
      if (typeof steps === "number" && typeof size === "number" && steps !== size) {
        throw new ShapeError(`Inputs of ${steps} and of ${size} steps`);
      }
      return unread(input, input.shape.toSpliced(axis, 1));
    });
    const before = states.map((state) => unread(state, state.shape));
    const answers = answersOf(body, [...before, ...slices], site);
    return several(
      answers.map(({ dtype, shape }, index): OutputSpec => {
        const state = states[index];
        if (state !== undefined) return { dtype, shape: state.shape };
        const axis = axisOf(scan_output_axes?.[index - states.length] ?? 0, shape.length + 1);
        return { dtype, shape: shape.toSpliced(axis, 0, steps ?? site.unknown()) };
      }),
    );
  },
});

/**
 * What the body answers when its states are as they may be in any step: a size that a step
 * changes is unknown in all of them.
 */
function settled(
  answersFor: (states: readonly Shape[]) => readonly OutputSpec[],
  initial: readonly Shape[],
  unknown: () => Dim,
): readonly OutputSpec[] {
  const open = new Set<Dim>();
  let states = initial;
  // Each round opens a size, so there is an end.
  for (;;) {
    const answers = answersFor(states);
    const opened = open.size;
    states = states.map((state, index) => {
      const after = answers[index + 1]?.shape ?? state;
      return either(state, after, (dim) => {
        if (open.has(dim)) return dim;
        const size = unknown();
        open.add(size);
        return size;
      });
    });
    if (open.size === opened) return answers;
  }
}

/** Runs its body up to a number of times while a condition holds. */
export const Loop = defineOperator({
  name: "Loop",
  attributes: { body: graph() },
  shape: (_, site) => {
    const [trips, condition] = site.inputs;
    const states = site.inputs.slice(2);
    const counted = given(site.inputs, 0) === undefined ? null : trips.content;
    const certain = given(site.inputs, 1) === undefined || condition.content?.[0] === 1;
    const step: Known = { dtype: "int64", shape: [], content: null };
    const holds: Known = { dtype: "bool", shape: [], content: certain ? [1] : null };
    const answersFor = (shapes: readonly Shape[]): readonly OutputSpec[] => {
      const inputs = states.map((state, index) => unread(state, shapes[index] ?? state.shape));
      return answersOf(site.attributes.body, [step, holds, ...inputs], site);
    };
    const initial = states.map(({ shape }) => shape);
    const answers = settled(answersFor, initial, site.unknown);
    // A graph that is only declared doesn't say whether its condition goes on to hold.
    const goesOn = site.subgraph === undefined || answers[0]?.content?.[0] === 1;
    const steps = (certain && goesOn ? counted?.[0] : undefined) ?? site.unknown();
    return several(
      answers.slice(1).map(({ dtype, shape }, index): OutputSpec => {
        const state = states[index];
        if (state === undefined) return { dtype, shape: [steps, ...shape] };
        return { dtype, shape: either(state.shape, shape, site.unknown) };
      }),
    );
  },
});

/** Runs one of two graphs, which read what is around them. */
export const If = defineOperator({
  name: "If",
  attributes: { then_branch: graph(), else_branch: graph() },
  shape: (_, site) => {
    const { then_branch, else_branch } = site.attributes;
    const [taken] = site.inputs[0].content ?? [];
    // The other branch may not even fit.
    if (taken === 1) return several(answersOf(then_branch, [], site));
    if (taken === 0) return several(answersOf(else_branch, [], site));
    const yes = answersOf(then_branch, [], site);
    const no = answersOf(else_branch, [], site);
    return several(
      yes.map(({ dtype, shape }, index): OutputSpec => {
        const other = no[index];
        if (other?.dtype !== dtype) throw new ShapeError("The branches answer different types");
        return { dtype, shape: either(shape, other.shape, site.unknown) };
      }),
    );
  },
});
