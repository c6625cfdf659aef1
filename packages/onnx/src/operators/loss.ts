import { sameShape, showShape, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { defineOperator, int, several, string, type ShapeSite } from "./operator.ts";

const LOSS = { ignore_index: int(null), reduction: string("mean") };

/** Scores [batch, classes, …] and labels [batch, …]: a loss for each label, or one of all. */
function lossShape([scores, labels]: readonly [Shape, Shape, ...Shape[]], site: Site): Shape {
  if (scores.length < 2 || !sameShape(scores.toSpliced(1, 1), labels, site)) {
    throw new ShapeError(`Labels ${showShape(labels)} for scores ${showShape(scores)}`);
  }
  return site.attributes.reduction === "none" ? labels : [];
}

type Site = Pick<ShapeSite<typeof LOSS>, "attributes" | "lenient">;

export const NegativeLogLikelihoodLoss = defineOperator({
  name: "NegativeLogLikelihoodLoss",
  attributes: LOSS,
  shape: lossShape,
});

/** Also answers the logarithms of the probabilities. */
export const SoftmaxCrossEntropyLoss = defineOperator({
  name: "SoftmaxCrossEntropyLoss",
  attributes: LOSS,
  shape: (shapes, site) => {
    const { dtype } = site.inputs[0];
    return several([
      { shape: lossShape(shapes, site), dtype },
      { shape: shapes[0], dtype, optional: true },
    ]);
  },
});
