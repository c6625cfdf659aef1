import { given, operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp, flat } from "../op.ts";
import type { Cases, Op } from "../op.ts";
import type { Operand, Value } from "../value.ts";
import { pair } from "./elementwise.ts";

export interface MathBuilders {
  abs(x: Value): Value;
  reciprocal(x: Value): Value;
  erf(x: Value): Value;
  sin(x: Value): Value;
  cos(x: Value): Value;
  /** `x` is positive, or the exponent a whole number. */
  pow(x: Value, exponent: Operand): Value;
  /** Slope 0 where a bound holds. */
  clip(x: Value, low: number | null, high: number | null): Value;
  /** Sums along `axis` up to and with each entry, or up to it and without. */
  cumSum(x: Value, axis: number, options?: CumSumOptions): Value;
}

export interface CumSumOptions {
  readonly exclusive?: boolean;
  readonly reverse?: boolean;
}

const unaryCases: Cases = [{ inputs: [["N", 3]] }, { inputs: [[4]] }];

/** Arguments in an interval where the function is defined and smooth. */
const within = (from: number, to: number): Cases => [
  { inputs: [{ shape: ["N", 3], between: [from, to] }] },
];

const constantBetween = flat("is constant between jumps");

export const Abs = defineOp(operators.Abs, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.mul(dy, g.sign(x))],
  cases: unaryCases,
});

export const Reciprocal = defineOp(operators.Reciprocal, {
  grad: ({ dy, y, g }) => [() => g.neg(g.mul(dy, g.square(y)))],
  cases: within(0.5, 2),
});

export const Floor = defineOp(operators.Floor, { grad: constantBetween, cases: unaryCases });
export const Ceil = defineOp(operators.Ceil, { grad: constantBetween, cases: unaryCases });
export const Round = defineOp(operators.Round, { grad: constantBetween, cases: unaryCases });

export const Erf = defineOp(operators.Erf, {
  grad: ({ dy, g, inputs: [x] }) => [
    () => g.mul(dy, g.mul(g.exp(g.neg(g.square(x))), 2 / Math.sqrt(Math.PI))),
  ],
  cases: unaryCases,
  check: "float32",
});

export const Sin = defineOp(operators.Sin, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.mul(dy, g.cos(x))],
  cases: unaryCases,
});

export const Cos = defineOp(operators.Cos, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.neg(g.mul(dy, g.sin(x)))],
  cases: unaryCases,
  check: "float32",
});

export const Tan = defineOp(operators.Tan, {
  grad: ({ dy, y, g }) => [() => g.mul(dy, g.add(g.square(y), 1))],
  cases: within(-1, 1),
  check: "float32",
});

export const Asin = defineOp(operators.Asin, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.div(dy, g.sqrt(g.sub(1, g.square(x))))],
  cases: within(-0.8, 0.8),
  check: "float32",
});

export const Acos = defineOp(operators.Acos, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.neg(g.div(dy, g.sqrt(g.sub(1, g.square(x)))))],
  cases: within(-0.8, 0.8),
  check: "float32",
});

export const Atan = defineOp(operators.Atan, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.div(dy, g.add(g.square(x), 1))],
  cases: unaryCases,
  check: "float32",
});

export const Sinh = defineOp(operators.Sinh, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.mul(dy, g.emit(operators.Cosh, [x]))],
  cases: within(-1, 1),
  check: "float32",
});

export const Cosh = defineOp(operators.Cosh, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.mul(dy, g.emit(operators.Sinh, [x]))],
  cases: within(-1, 1),
  check: "float32",
});

export const Asinh = defineOp(operators.Asinh, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.div(dy, g.sqrt(g.add(g.square(x), 1)))],
  cases: unaryCases,
  check: "float32",
});

export const Acosh = defineOp(operators.Acosh, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.div(dy, g.sqrt(g.sub(g.square(x), 1)))],
  cases: within(1.5, 3),
  check: "float32",
});

export const Atanh = defineOp(operators.Atanh, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.div(dy, g.sub(1, g.square(x)))],
  cases: within(-0.7, 0.7),
  check: "float32",
});

export const Pow = defineOp(operators.Pow, {
  grad: ({ dy, y, g, inputs: [x, exponent] }) => {
    const power = g.cast(exponent, x.dtype);
    return [
      // By the power itself, not y / x: x may be 0.
      () => g.mul(dy, g.mul(power, g.pow(x, g.sub(power, 1)))),
      // Of 0 to any power that has a slope it is 0, and the logarithm is infinite.
      () => g.mul(dy, g.mul(y, g.log(g.where(g.equal(x, 0), 1, x)))),
    ];
  },
  cases: [
    { inputs: [{ shape: ["N", 3], between: [0.5, 2] }, ["N", 3]] },
    { inputs: [{ shape: ["N", 1], between: [0.5, 2] }, [3]] },
    { inputs: [["N", 3], { shape: [], dtype: "int64", below: 4 }] },
  ],
});

export const Mod = defineOp(operators.Mod, {
  grad: ({ dy, g, inputs: [a, b], attributes: { fmod } }) => [
    () => dy,
    () => {
      const whole = g.div(a, b);
      // fmod keeps the sign of the dividend: it cuts towards zero.
      const cut = fmod
        ? g.mul(g.sign(whole), g.emit(Floor, [g.abs(whole)]))
        : g.emit(Floor, [whole]);
      return g.neg(g.mul(dy, cut));
    },
  ],
  cases: [{ inputs: [["N", 3], { shape: [3], between: [0.6, 1.4] }], attributes: { fmod: 1 } }],
});

export const Sum = defineOp(operators.Sum, {
  grad: ({ dy, inputs }) => inputs.map(() => () => dy),
  cases: [{ inputs: [["N", 3]] }, { inputs: [["N", 3], [3], ["N", 1]] }],
});

export const Mean = defineOp(operators.Mean, {
  grad: ({ dy, g, inputs }) => inputs.map(() => () => g.mul(dy, 1 / inputs.length)),
  cases: [{ inputs: [["N", 3]] }, { inputs: [["N", 3], [3], ["N", 1]] }],
  check: "float32",
});

export const Clip = defineOp(operators.Clip, {
  grad: ({ dy, g, inputs }) => {
    const [x] = inputs;
    const [low, high] = [given(inputs, 1), given(inputs, 2)];
    const below = low === undefined ? null : g.less(x, low);
    const above = high === undefined ? null : g.greater(x, high);
    const outside = below === null ? above : above === null ? below : g.or(below, above);
    // Bounds the wrong way round answer the upper one everywhere.
    const crossed = low === undefined || high === undefined ? null : g.greater(low, high);
    const at = (where: Value | null): Value =>
      where === null ? g.zerosLike(x) : g.where(where, dy, 0);
    return [
      () => (outside === null ? dy : g.where(outside, 0, dy)),
      () => at(crossed && below ? g.and(below, g.not(crossed)) : below),
      () => at(crossed && above ? g.or(above, crossed) : above),
    ];
  },
  cases: [
    {
      inputs: [["N", 3], { shape: [], between: [-0.6, -0.5] }, { shape: [], between: [0.5, 0.6] }],
    },
    {
      inputs: [["N", 3], { shape: [], between: [0.5, 0.6] }, { shape: [], between: [-0.5, -0.4] }],
    },
    { inputs: [["N", 3], { shape: [], between: [-0.1, 0.1] }] },
    { inputs: [["N", 3]] },
  ],
});

export const BitShift = defineOp(operators.BitShift, {
  grad: flat("answers whole numbers"),
  cases: [
    {
      inputs: [
        { shape: [3], dtype: "uint32", below: 4 },
        { shape: [3], dtype: "uint32", below: 4 },
      ],
      attributes: { direction: "LEFT" },
    },
  ],
});

const answersBool = flat("answers true or false");

export const IsNaN = defineOp(operators.IsNaN, { grad: answersBool, cases: unaryCases });

export const IsInf = defineOp(operators.IsInf, {
  grad: answersBool,
  cases: [{ inputs: [["N", 3]] }],
});

export const CumSum = defineOp(operators.CumSum, {
  grad: ({ dy, g, inputs: [, axis], attributes: { exclusive, reverse } }) => [
    () => g.emit(operators.CumSum, [dy, axis], { exclusive, reverse: reverse ? 0 : 1 }),
  ],
  cases: [
    { inputs: [["N", 3], { int: 1 }] },
    { inputs: [["N", 3], { int: 0 }], attributes: { exclusive: 1 } },
    { inputs: [["N", 3], { int: -1 }], attributes: { reverse: 1 } },
  ],
});

export function builders(g: Graph): MathBuilders {
  const unary = (op: Op) => (x: Value) => g.emit(op, [x]);
  const bound = (value: number | null, x: Value): Value | null =>
    value === null ? null : g.constant(value, x.dtype);
  return {
    abs: unary(Abs),
    reciprocal: unary(Reciprocal),
    erf: unary(Erf),
    sin: unary(Sin),
    cos: unary(Cos),
    pow: (x, exponent) => g.emit(Pow, pair(g, x, exponent)),
    clip: (x, low, high) => g.emit(Clip, [x, bound(low, x), bound(high, x)]),
    cumSum: (x, axis, { exclusive = false, reverse = false } = {}) =>
      g.emit(CumSum, [x, g.constant(axis, "int64")], {
        exclusive: exclusive ? 1 : 0,
        reverse: reverse ? 1 : 0,
      }),
  };
}
