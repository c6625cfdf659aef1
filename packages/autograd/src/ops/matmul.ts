import type { Value } from "../value.ts";

export interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
}

export interface MatmulBuilders {
  /** alpha · A·B + beta · C on matrices; A and B transposed first where the options say so; C broadcasts. */
  gemm(a: Value, b: Value, c?: Value | null, options?: GemmOptions): Value;
  /** Matrix product over the last two axes; the leading ones broadcast. At least two axes each. */
  matmul(a: Value, b: Value): Value;
}
