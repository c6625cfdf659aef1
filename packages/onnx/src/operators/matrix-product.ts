import { broadcast, differ, dimAt, type Shape, type SizeComparison } from "../dim.ts";
import { ShapeError, UndecidedShape } from "../errors.ts";

/** [..., m, k] · [..., k, n]. A vector is a row on the left and a column on the right. */
export function productShape(a: Shape, b: Shape, comparison?: SizeComparison): Shape {
  if (a.length === 0 || b.length === 0) throw new ShapeError("A scalar is no matrix");
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const [inner, of] = [dimAt(left, left.length - 1), dimAt(right, right.length - 2)];
  if (differ(inner, of, comparison)) {
    const isKnown = typeof inner === "number" && typeof of === "number";
    throw new (isKnown ? ShapeError : UndecidedShape)("The inner sizes differ");
  }
  const leading = broadcast([left.slice(0, -2), right.slice(0, -2)], comparison);
  const rows = a.length === 1 ? [] : [dimAt(left, left.length - 2)];
  const columns = b.length === 1 ? [] : [dimAt(right, right.length - 1)];
  return [...leading, ...rows, ...columns];
}
