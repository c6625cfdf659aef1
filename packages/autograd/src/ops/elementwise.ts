import { operators } from "@groundswell/onnx";
import type { DType } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp, flat } from "../op.ts";
import type { Cases, GradientSite, Op, Slopes } from "../op.ts";
import type { Operand, Value } from "../value.ts";

/** Shapes broadcast as in NumPy. At most one operand of a call may be a number. */
export interface ElementwiseBuilders {
  add(a: Operand, b: Operand): Value;
  sub(a: Operand, b: Operand): Value;
  mul(a: Operand, b: Operand): Value;
  div(a: Operand, b: Operand): Value;
  /** Where both are equal, each gets half the slope. */
  max(a: Operand, b: Operand): Value;
  min(a: Operand, b: Operand): Value;
  neg(x: Value): Value;
  exp(x: Value): Value;
  log(x: Value): Value;
  sqrt(x: Value): Value;
  square(x: Value): Value;
  /** -1, 0 or 1. */
  sign(x: Value): Value;
  /** Slope 0 at 0. */
  relu(x: Value): Value;
  sigmoid(x: Value): Value;
  tanh(x: Value): Value;
  /** ln(1 + eˣ) */
  softplus(x: Value): Value;
  cast(x: Value, to: DType): Value;
}

const unaryCases: Cases = [{ inputs: [[2, 3]] }, { inputs: [["N", 3]] }, { inputs: [[]] }];

const positiveCases: Cases = [
  { inputs: [{ shape: [2, 3], between: [0.5, 2] }] },
  { inputs: [{ shape: ["N", 3], between: [0.5, 2] }] },
];

export function broadcastCases(): Cases {
  return [
    {
      inputs: [
        [2, 3],
        [2, 3],
      ],
    },
    { inputs: [["N", 3], [3]] },
    {
      inputs: [
        ["N", 1],
        [4, 1, 3],
      ],
    },
    { inputs: [[], ["N", 2]] },
  ];
}

const divisorCases: Cases = [
  { inputs: [[2, 3], { shape: [2, 3], between: [0.5, 2] }] },
  { inputs: [["N", 3], { shape: [3], between: [-2, -0.5] }] },
  { inputs: [[3], { shape: ["N", 1], between: [0.5, 2] }] },
];

export const Add = defineOp(operators.Add, {
  grad: ({ dy }) => [() => dy, () => dy],
  cases: broadcastCases(),
});

export const Sub = defineOp(operators.Sub, {
  grad: ({ dy, g }) => [() => dy, () => g.neg(dy)],
  cases: broadcastCases(),
});

export const Mul = defineOp(operators.Mul, {
  grad: ({ dy, g, inputs: [a, b] }) => [() => g.mul(dy, b), () => g.mul(dy, a)],
  cases: broadcastCases(),
});

export const Div = defineOp(operators.Div, {
  grad: ({ dy, y, g, inputs: [, b] }) => [() => g.div(dy, b), () => g.neg(g.mul(g.div(dy, b), y))],
  cases: divisorCases,
});

/** The share of the slope that goes to `chosen`: 1 above `other`, half where they are equal, 0 below. */
const shareAbove = (g: Graph, chosen: Value, other: Value): Value =>
  g.mul(g.add(g.sign(g.sub(chosen, other)), 1), 0.5);

/** Ties split the slope evenly: all of them were chosen. */
function sharesOfChosen(
  { g, y, dy }: Pick<GradientSite, "g" | "y" | "dy">,
  inputs: readonly Value[],
): Slopes {
  const isChosen = (input: Value): Value => g.cast(g.equal(input, y), y.dtype);
  const tied = (): Value => inputs.map(isChosen).reduce((count, chosen) => g.add(count, chosen));
  return inputs.map((input) => () => g.mul(dy, g.div(isChosen(input), tied())));
}

const manyCases = [
  ...broadcastCases(),
  { inputs: [["N", 3], [3], ["N", 1]] },
  { inputs: [["N", 3]] },
] as const;

export const Max = defineOp(operators.Max, {
  grad: (site) => {
    const { dy, g, inputs } = site;
    const [a, b] = inputs;
    if (inputs.length !== 2) return sharesOfChosen(site, inputs);
    return [() => g.mul(dy, shareAbove(g, a, b)), () => g.mul(dy, shareAbove(g, b, a))];
  },
  cases: manyCases,
});

export const Min = defineOp(operators.Min, {
  grad: (site) => {
    const { dy, g, inputs } = site;
    const [a, b] = inputs;
    if (inputs.length !== 2) return sharesOfChosen(site, inputs);
    return [() => g.mul(dy, shareAbove(g, b, a)), () => g.mul(dy, shareAbove(g, a, b))];
  },
  cases: manyCases,
});

export const Neg = defineOp(operators.Neg, {
  grad: ({ dy, g }) => [() => g.neg(dy)],
  cases: unaryCases,
});

export const Exp = defineOp(operators.Exp, {
  grad: ({ dy, y, g }) => [() => g.mul(dy, y)],
  cases: unaryCases,
});

export const Log = defineOp(operators.Log, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.div(dy, x)],
  cases: positiveCases,
});

export const Sqrt = defineOp(operators.Sqrt, {
  grad: ({ dy, y, g }) => [() => g.div(g.mul(dy, 0.5), y)],
  cases: positiveCases,
});

export const Sign = defineOp(operators.Sign, {
  grad: flat("is constant on either side of 0"),
  cases: unaryCases,
});

export const Relu = defineOp(operators.Relu, {
  // y is never negative, so its sign is the mask: one pass, where a comparison and a choice are two.
  grad: ({ dy, y, g }) => [() => g.mul(dy, g.sign(y))],
  cases: unaryCases,
});

export const Sigmoid = defineOp(operators.Sigmoid, {
  grad: ({ dy, y, g }) => [() => g.mul(dy, g.mul(y, g.sub(1, y)))],
  cases: unaryCases,
});

export const Tanh = defineOp(operators.Tanh, {
  // d tanh = 1 − y²; reading y spares a second tanh.
  grad: ({ dy, y, g }) => [() => g.mul(dy, g.sub(1, g.square(y)))],
  cases: unaryCases,
});

export const Softplus = defineOp(operators.Softplus, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.mul(dy, g.sigmoid(x))],
  cases: unaryCases,
  check: "float32",
});

export const Cast = defineOp(operators.Cast, {
  grad: ({ dy, g, inputs: [x] }) => [() => g.cast(dy, x.dtype)],
  cases: [
    { inputs: [["N", 3]], attributes: { to: "float64" } },
    { inputs: [{ shape: [4], dtype: "bool" }], attributes: { to: "float32" } },
    { inputs: [[4]], attributes: { to: "int64" } },
  ],
});

export const CastLike = defineOp(operators.CastLike, {
  grad: ({ dy, g, inputs: [x, like] }) => [() => g.cast(dy, x.dtype), () => g.zerosLike(like)],
  cases: [{ inputs: [["N", 3], [2]] }],
});

/** Both operands as values of one type. @throws GraphError */
export function pair(g: Graph, a: Operand, b: Operand): [Value, Value] {
  const like = typeof a === "number" ? b : a;
  if (typeof like === "number") throw new GraphError("At least one operand must be a value");
  const left = g.operand(a, like);
  const right = g.operand(b, like);
  if (left.dtype !== right.dtype) {
    throw new GraphError(`${left.name} is ${left.dtype}, ${right.name} is ${right.dtype}`);
  }
  return [left, right];
}

export function builders(g: Graph): ElementwiseBuilders {
  const unary = (op: Op) => (x: Value) => g.emit(op, [x]);
  const binary = (op: Op) => (a: Operand, b: Operand) => g.emit(op, pair(g, a, b));
  return {
    add: binary(Add),
    sub: binary(Sub),
    mul: binary(Mul),
    div: binary(Div),
    max: binary(Max),
    min: binary(Min),
    neg: unary(Neg),
    exp: unary(Exp),
    log: unary(Log),
    sqrt: unary(Sqrt),
    square: (x) => g.mul(x, x),
    sign: unary(Sign),
    relu: unary(Relu),
    sigmoid: unary(Sigmoid),
    tanh: unary(Tanh),
    softplus: unary(Softplus),
    cast: (x, to) => (x.dtype === to ? x : g.emit(Cast, [x], { to })),
  };
}
