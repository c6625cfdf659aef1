import type { Graph, GraphCore } from "../graph.ts";
import type { Op } from "../op.ts";
import * as elementwise from "./elementwise.ts";
import * as gather from "./gather.ts";
import * as layout from "./layout.ts";
import * as logic from "./logic.ts";
import * as matmul from "./matmul.ts";
import * as reduce from "./reduce.ts";
import * as shape from "./shape.ts";
import * as softmax from "./softmax.ts";

/** The methods of a graph that append operators. A new file of operators is named here, twice. */
export interface Builders
  extends
    elementwise.ElementwiseBuilders,
    gather.GatherBuilders,
    layout.LayoutBuilders,
    logic.LogicBuilders,
    matmul.MatmulBuilders,
    reduce.ReduceBuilders,
    shape.ShapeBuilders,
    softmax.SoftmaxBuilders {}

const FILES = [elementwise, gather, layout, logic, matmul, reduce, shape, softmax];

/** Every operator that the files define, for the test that goes through all. */
export const OPS: readonly Op[] = FILES.flatMap((file) =>
  Object.values(file).filter((exported) => typeof exported === "object"),
);

/** Adds the builders to `core`: they call each other through the finished graph. */
export function installBuilders(core: GraphCore): Graph {
  const g = core as Graph;
  return Object.assign(g, ...FILES.map((file) => file.builders(g))) as Graph;
}
