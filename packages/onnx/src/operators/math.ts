import { broadcast, dimAt } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { defineOperator, dtype, int, string, type ShapeRule } from "./operator.ts";

const same: ShapeRule = ([x]) => x;

/** Element by element, without attributes. */
const unary = (name: string) => defineOperator({ name, shape: same });

export const Abs = unary("Abs");
export const Reciprocal = unary("Reciprocal");
export const Floor = unary("Floor");
export const Ceil = unary("Ceil");
export const Round = unary("Round");
export const Erf = unary("Erf");
export const Sin = unary("Sin");
export const Cos = unary("Cos");
export const Tan = unary("Tan");
export const Asin = unary("Asin");
export const Acos = unary("Acos");
export const Atan = unary("Atan");
export const Sinh = unary("Sinh");
export const Cosh = unary("Cosh");
export const Asinh = unary("Asinh");
export const Acosh = unary("Acosh");
export const Atanh = unary("Atanh");

export const Pow = defineOperator({ name: "Pow", shape: broadcast });

export const Mod = defineOperator({
  name: "Mod",
  attributes: { fmod: int(0) },
  shape: broadcast,
  content: ({ inputs: [a, b], attributes: { fmod } }) => {
    const [of, by] = [a.content?.[0], b.content?.[0]];
    const isOne = a.content?.length === 1 && b.content?.length === 1;
    if (!isOne || typeof of !== "number" || typeof by !== "number" || by === 0) return null;
    // With the sign of the divisor, or of the dividend as C's fmod has it.
    return [fmod === 1 ? of % by : of - by * Math.floor(of / by)];
  },
});

/** Of any number of inputs. */
export const Sum = defineOperator({ name: "Sum", shape: broadcast });

/** Of any number of inputs. */
export const Mean = defineOperator({ name: "Mean", shape: broadcast });

/** The bounds are scalars, and both may be left out. */
export const Clip = defineOperator({ name: "Clip", shape: same });

export const BitShift = defineOperator({
  name: "BitShift",
  attributes: { direction: string() },
  shape: broadcast,
});

export const IsNaN = defineOperator({ name: "IsNaN", shape: same, dtype: () => "bool" });

export const IsInf = defineOperator({
  name: "IsInf",
  attributes: { detect_negative: int(1), detect_positive: int(1) },
  shape: same,
  dtype: () => "bool",
});

export const CumProd = defineOperator({
  name: "CumProd",
  attributes: { exclusive: int(0), reverse: int(0) },
  shape: same,
});

/** The same bits, read as another type of the same width. */
export const BitCast = defineOperator({
  name: "BitCast",
  attributes: { to: dtype() },
  shape: same,
  dtype: ({ attributes }) => attributes.to,
});

/** Of each matrix over the last two axes. */
export const Det = defineOperator({
  name: "Det",
  shape: ([x]) => {
    const [rows, columns] = [dimAt(x, x.length - 2), dimAt(x, x.length - 1)];
    if (typeof rows === "number" && typeof columns === "number" && rows !== columns) {
      throw new ShapeError("Only a square matrix has a determinant");
    }
    return x.slice(0, -2);
  },
});

export const CumSum = defineOperator({
  name: "CumSum",
  attributes: { exclusive: int(0), reverse: int(0) },
  shape: same,
});
