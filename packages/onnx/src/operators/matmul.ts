import { broadcast, dimAt, sameShape, showShape, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { productShape } from "./matrix-product.ts";
import { defineOperator, float, given, int } from "./operator.ts";

function swapLastTwo(shape: Shape): Shape {
  const last = shape.length - 1;
  return [...shape.slice(0, -2), dimAt(shape, last), dimAt(shape, last - 1)];
}

export const MatMul = defineOperator({
  name: "MatMul",
  shape: ([a, b], site) => productShape(a, b, site),
});

export const Gemm = defineOperator({
  name: "Gemm",
  attributes: { transA: int(0), transB: int(0), alpha: float(1), beta: float(1) },
  shape: ([a, b, c], site) => {
    const { transA, transB } = site.attributes;
    if (a.length !== 2 || b.length !== 2) throw new ShapeError("Needs matrices");
    const y = productShape(transA ? swapLastTwo(a) : a, transB ? swapLastTwo(b) : b, site);
    const bias = given(site.inputs, 2) && broadcast([y, c], site);
    if (bias !== undefined && !sameShape(bias, y, site)) {
      throw new ShapeError(`The third input doesn't broadcast to ${showShape(y)}`);
    }
    return y;
  },
});
