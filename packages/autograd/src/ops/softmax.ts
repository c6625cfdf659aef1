import type { Value } from "../value.ts";

export interface SoftmaxBuilders {
  /** `axis` defaults to the last. */
  softmax(x: Value, axis?: number): Value;
  logSoftmax(x: Value, axis?: number): Value;
}
