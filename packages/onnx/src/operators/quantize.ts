import { elementTypeOfCode } from "../element-type.ts";
import { ShapeError, UndecidedShape } from "../errors.ts";
import type { ElementType } from "../model.ts";
import { productShape } from "./matrix-product.ts";
import { defineOperator, given, int, several, type Known, type ShapeRule } from "./operator.ts";
import { convolvedShape, CONV } from "./window.ts";

const same: ShapeRule = ([x]) => x;

/** The type that a number asks for; undefined for 0, which leaves it open. */
function typeAsked(code: number): ElementType | undefined {
  const type = elementTypeOfCode(code);
  if (type === undefined && code !== 0) throw new ShapeError(`There is no element type ${code}`);
  return type;
}

/** round(x / scale) + zero point; the zero point also says which type comes out. */
export const QuantizeLinear = defineOperator({
  name: "QuantizeLinear",
  attributes: {
    axis: int(1),
    block_size: int(0),
    output_dtype: int(0),
    precision: int(0),
    saturate: int(1),
  },
  shape: same,
  dtype: ({ inputs, attributes }) =>
    given(inputs, 2)?.dtype ?? typeAsked(attributes.output_dtype) ?? "uint8",
});

/** (x − zero point) · scale, of the scale's type. */
export const DequantizeLinear = defineOperator({
  name: "DequantizeLinear",
  attributes: { axis: int(1), block_size: int(0), output_dtype: int(0) },
  shape: same,
  dtype: ({ inputs: [, scale], attributes }) => typeAsked(attributes.output_dtype) ?? scale.dtype,
});

/** Also answers the scale and the zero point that it found. */
export const DynamicQuantizeLinear = defineOperator({
  name: "DynamicQuantizeLinear",
  shape: ([x]) =>
    several([
      { shape: x, dtype: "uint8" },
      { shape: [], dtype: "float32" },
      { shape: [], dtype: "uint8" },
    ]),
});

export const MatMulInteger = defineOperator({
  name: "MatMulInteger",
  shape: ([a, b], site) => productShape(a, b, site),
  dtype: () => "int32",
});

export const ConvInteger = defineOperator({
  name: "ConvInteger",
  attributes: CONV,
  shape: ([x, w], site) => convolvedShape(x, w, site),
  dtype: () => "int32",
});

/** The input at a place where the operator has one. */
function inputAt(inputs: readonly (Known | undefined)[], index: number): Known {
  const input = given(inputs, index);
  if (input === undefined) throw new UndecidedShape(`Input ${index} is missing`);
  return input;
}

/** Inputs a, its scale and zero point; b, its scale and zero point; scale and zero point of the product. */
export const QLinearMatMul = defineOperator({
  name: "QLinearMatMul",
  shape: ([a], site) => productShape(a, inputAt(site.inputs, 3).shape, site),
  dtype: ({ inputs }) => inputAt(inputs, 7).dtype,
});

/** Inputs as those of QLinearMatMul, and a bias. */
export const QLinearConv = defineOperator({
  name: "QLinearConv",
  attributes: CONV,
  shape: ([x], site) => convolvedShape(x, inputAt(site.inputs, 3).shape, site),
  dtype: ({ inputs }) => inputAt(inputs, 7).dtype,
});
