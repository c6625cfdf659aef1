import { sameShape, showShape } from "@groundswell/onnx";

import { GraphError } from "../errors.ts";
import type { Value } from "../value.ts";

/** @throws GraphError where the two don't have one shape */
export function requireSameShape(output: Value, target: Value): void {
  if (!sameShape(output.shape, target.shape)) {
    throw new GraphError(
      `Output ${showShape(output.shape)} and target ${showShape(target.shape)} differ`,
    );
  }
}
