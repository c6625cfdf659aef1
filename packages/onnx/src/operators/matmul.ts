import { broadcast, dimAt, showShape, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { defineOperator, int, float } from "./operator.ts";

/** [..., m, k] · [..., k, n] */
function productShape(a: Shape, b: Shape): Shape {
  if (a.length < 2 || b.length < 2) throw new ShapeError("Needs at least two axes each");
  if (a.at(-1) !== b.at(-2)) throw new ShapeError("The inner sizes differ");
  const leading = broadcast([a.slice(0, -2), b.slice(0, -2)]);
  return [...leading, dimAt(a, a.length - 2), dimAt(b, b.length - 1)];
}

function swapLastTwo(shape: Shape): Shape {
  const last = shape.length - 1;
  return [...shape.slice(0, -2), dimAt(shape, last), dimAt(shape, last - 1)];
}

export const MatMul = defineOperator({
  name: "MatMul",
  shape: ([a, b]) => productShape(a, b),
});

export const Gemm = defineOperator({
  name: "Gemm",
  attributes: { transA: int(0), transB: int(0), alpha: float(1), beta: float(1) },
  shape: ([a, b, c], { inputs, attributes: { transA, transB } }) => {
    if (a.length !== 2 || b.length !== 2) throw new ShapeError("Needs matrices");
    const y = productShape(transA ? swapLastTwo(a) : a, transB ? swapLastTwo(b) : b);
    if (inputs.length > 2 && broadcast([y, c]).join() !== y.join()) {
      throw new ShapeError(`The third input doesn't broadcast to ${showShape(y)}`);
    }
    return y;
  },
});
