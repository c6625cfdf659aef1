import { isFloat, operators } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { GradientSite, Slopes } from "../op.ts";
import { transplant } from "../subgraph.ts";
import type { Subgraph, Value } from "../value.ts";
import { weighted } from "./scan-gradient.ts";

/**
 * Slopes of what the branches of an If read of the graph around it: a second If, on the same
 * condition, takes the gradient of the branch that ran.
 */
export function ifSlopes(site: GradientSite): Slopes {
  const { g, inputs, slopes, subgraphs, slopesOf } = site;
  const captured = [...new Set(Object.values(subgraphs).flatMap((branch) => branch.captured))];
  const wrt = captured.filter(({ dtype }) => isFloat(dtype));
  const backwards = (branch: Subgraph | undefined): Subgraph => {
    if (branch === undefined) throw new GraphError("An If without one of its branches");
    return g.subgraph((inner) => {
      const answers = transplant(branch, inner, []);
      const arrived = answers.filter((_, k) => slopes[k] !== null);
      const loss = weighted(
        inner,
        arrived,
        slopes.filter((slope) => slope !== null),
      );
      const found = slopesOf(inner, loss, wrt);
      return {
        inputs: [],
        outputs: wrt.map((value, k) => found[k] ?? inner.zerosLike(value)),
      };
    });
  };
  const { then_branch, else_branch } = subgraphs;
  const found = [
    ...g.emitAll(
      operators.If,
      [inputs[0]],
      {},
      {
        outputCount: wrt.length,
        subgraphs: { then_branch: backwards(then_branch), else_branch: backwards(else_branch) },
      },
    ),
  ];
  const ofCaptured = (value: Value): (() => Value) | null => {
    const slope = isFloat(value.dtype) ? found.shift() : undefined;
    return slope === undefined ? null : () => slope;
  };
  return [null, ...captured.map(ofCaptured)];
}
