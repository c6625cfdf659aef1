import { differ, dimAt, sameShape, showShape, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import type { Dim } from "../model.ts";
import {
  defineOperator,
  float,
  floats,
  given,
  int,
  several,
  string,
  strings,
  type AttributesOf,
  type PerInput,
  type ShapeAnswer,
  type ShapeSite,
} from "./operator.ts";

/** What the three have in common. Activations that a node leaves out depend on the operator. */
const RECURRENT = {
  hidden_size: int(null),
  direction: string("forward"),
  activations: strings(null),
  activation_alpha: floats(null),
  activation_beta: floats(null),
  clip: float(null),
  layout: int(0),
};

type Site = ShapeSite<typeof RECURRENT>;

interface Sizes {
  readonly time: Dim;
  readonly batch: Dim;
  readonly directions: number;
  readonly hidden: Dim;
}

/** x [time, batch, features], w [directions, gates·hidden, features], r [directions, gates·hidden, hidden] */
function sizesOf([x, w, r]: PerInput<Shape>, site: Site, gates: number): Sizes {
  if (x.length !== 3 || w.length !== 3 || r.length !== 3) throw new ShapeError("Needs three axes");
  if (differ(dimAt(x, 2), dimAt(w, 2), site)) {
    throw new ShapeError("The number of features differs from the weights'");
  }
  const { direction, layout } = site.attributes;
  const directions = direction === "bidirectional" ? 2 : 1;
  const hidden = dimAt(r, 2);
  const rows = typeof hidden === "number" ? gates * hidden : dimAt(r, 1);
  const isFit =
    sameShape(w, [directions, rows, dimAt(w, 2)], site) &&
    sameShape(r, [directions, rows, hidden], site);
  if (!isFit) {
    throw new ShapeError(
      `Weights ${showShape(w)} and ${showShape(r)} for ${gates} gates in ${directions} directions`,
    );
  }
  const [time, batch] = layout === 0 ? [dimAt(x, 0), dimAt(x, 1)] : [dimAt(x, 1), dimAt(x, 0)];
  return { time, batch, directions, hidden };
}

/** The states at all times, and `last` times the state at the end. */
function statesOf(
  shapes: PerInput<Shape>,
  site: Site,
  { gates, last }: { readonly gates: number; readonly last: number },
): ShapeAnswer {
  const { time, batch, directions, hidden } = sizesOf(shapes, site, gates);
  const timeFirst = site.attributes.layout === 0;
  const final = timeFirst ? [directions, batch, hidden] : [batch, directions, hidden];
  for (const at of last === 2 ? [5, 6] : [5]) {
    const initial = given(shapes, at);
    if (initial !== undefined && !sameShape(initial, final, site)) {
      throw new ShapeError(`An initial state ${showShape(initial)} where ${showShape(final)} fits`);
    }
  }
  const all = timeFirst ? [time, directions, batch, hidden] : [batch, time, directions, hidden];
  const { dtype } = site.inputs[0];
  return several(
    [all, ...Array.from({ length: last }, () => final)].map((shape) => ({
      shape,
      dtype,
      optional: true,
    })),
  );
}

export type RecurrentAttributes = AttributesOf<typeof RECURRENT>;

export const RNN = defineOperator({
  name: "RNN",
  attributes: RECURRENT,
  shape: (shapes, site) => statesOf(shapes, site, { gates: 1, last: 1 }),
});

export const GRU = defineOperator({
  name: "GRU",
  attributes: { ...RECURRENT, linear_before_reset: int(0) },
  shape: (shapes, site) => statesOf(shapes, site, { gates: 3, last: 1 }),
});

export const LSTM = defineOperator({
  name: "LSTM",
  attributes: { ...RECURRENT, input_forget: int(0) },
  shape: (shapes, site) => statesOf(shapes, site, { gates: 4, last: 2 }),
});
