import type { Operator } from "@groundswell/onnx";

import type { Graph, GraphCore } from "../graph.ts";
import { undifferentiable } from "../op.ts";
import type { NoGradient, Op } from "../op.ts";
import * as activation from "./activation.ts";
import * as attention from "./attention.ts";
import * as control from "./control.ts";
import * as conv from "./conv.ts";
import * as dropout from "./dropout.ts";
import * as einsum from "./einsum.ts";
import * as elementwise from "./elementwise.ts";
import * as gather from "./gather.ts";
import * as groupNormalization from "./group-normalization.ts";
import * as layout from "./layout.ts";
import * as logic from "./logic.ts";
import * as loss from "./loss.ts";
import * as math from "./math.ts";
import * as matmul from "./matmul.ts";
import * as normalization from "./normalization.ts";
import * as pool from "./pool.ts";
import * as recurrent from "./recurrent.ts";
import * as reduce from "./reduce.ts";
import * as rotary from "./rotary.ts";
import * as shape from "./shape.ts";
import * as softmax from "./softmax.ts";

/** The methods of a graph that append operators. A new file of operators is named here, twice. */
export interface Builders
  extends
    attention.AttentionBuilders,
    control.ControlBuilders,
    activation.ActivationBuilders,
    math.MathBuilders,
    conv.ConvBuilders,
    dropout.DropoutBuilders,
    einsum.EinsumBuilders,
    normalization.NormalizationBuilders,
    pool.PoolBuilders,
    elementwise.ElementwiseBuilders,
    gather.GatherBuilders,
    layout.LayoutBuilders,
    logic.LogicBuilders,
    matmul.MatmulBuilders,
    recurrent.RecurrentBuilders,
    reduce.ReduceBuilders,
    rotary.RotaryBuilders,
    shape.ShapeBuilders,
    softmax.SoftmaxBuilders {}

const FILES = [
  pool,
  normalization,
  conv,
  math,
  activation,
  attention,
  control,
  dropout,
  einsum,
  elementwise,
  gather,
  groupNormalization,
  layout,
  logic,
  loss,
  matmul,
  recurrent,
  reduce,
  rotary,
  shape,
  softmax,
];

/** Every operator that the files define, for the test that goes through all. */
export const OPS: readonly Op[] = FILES.flatMap((file) =>
  Object.values(file).filter((exported) => typeof exported === "object"),
);

const byOperator = new Map(OPS.map((op) => [op.operator, op]));

/** The calculus of an operator; of one that has no entry, that there is none. */
export const opOf = (operator: Operator): Pick<Op, "grad"> | { grad: NoGradient } =>
  byOperator.get(operator) ?? { grad: undifferentiable("no rule is written for this operator") };

/** Adds the builders to `core`: they call each other through the finished graph. */
export function installBuilders(core: GraphCore): Graph {
  const g = core as Graph;
  return Object.assign(g, ...FILES.map((file) => file.builders(g))) as Graph;
}
