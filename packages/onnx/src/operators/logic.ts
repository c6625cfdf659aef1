import { broadcast } from "../dim.ts";
import type { Dim } from "../model.ts";
import { defineOperator, string, type ShapeRule } from "./operator.ts";

const answersBool = (name: string) =>
  defineOperator({ name, shape: broadcast, dtype: () => "bool" });

export const Equal = defineOperator({
  name: "Equal",
  shape: broadcast,
  dtype: () => "bool",
  content: ({ inputs: [a, b] }) => {
    if (a.content === null || b.content === null) return null;
    const length = Math.max(a.content.length, b.content.length);
    const at = (content: readonly Dim[], i: number) => content[content.length === 1 ? 0 : i];
    const [left, right] = [a.content, b.content];
    // A symbol is a size: never negative, and of unknown value otherwise.
    const pairs = Array.from({ length }, (_, i) => [at(left, i), at(right, i)] as const);
    const known = pairs.every(
      ([x, y]) => x === y || [x, y].some((dim) => dim === -1) || bothNumbers(x, y),
    );
    return known ? pairs.map(([x, y]) => (x === y ? 1 : 0)) : null;
  },
});

const bothNumbers = (a: Dim | undefined, b: Dim | undefined): boolean =>
  typeof a === "number" && typeof b === "number";

export const Greater = answersBool("Greater");
export const GreaterOrEqual = answersBool("GreaterOrEqual");
export const Less = answersBool("Less");
export const LessOrEqual = answersBool("LessOrEqual");
export const And = answersBool("And");
export const Or = answersBool("Or");
export const Xor = answersBool("Xor");

const same: ShapeRule = ([x]) => x;

export const Not = defineOperator({ name: "Not", shape: same });

const bitwise = (name: string) => defineOperator({ name, shape: broadcast });

export const BitwiseAnd = bitwise("BitwiseAnd");
export const BitwiseOr = bitwise("BitwiseOr");
export const BitwiseXor = bitwise("BitwiseXor");
export const BitwiseNot = bitwise("BitwiseNot");

export const Where = defineOperator({
  name: "Where",
  shape: broadcast,
  dtype: ({ inputs: [, whenTrue] }) => whenTrue.dtype,
  content: ({ inputs }) => {
    const [condition, yes, no] = inputs.map((input) => input.content);
    if (!condition || !yes || !no) return null;
    const length = Math.max(condition.length, yes.length, no.length);
    const at = (content: readonly Dim[], i: number): Dim =>
      content[content.length === 1 ? 0 : i] ?? 0;
    return Array.from({ length }, (_, i) => (at(condition, i) === 1 ? at(yes, i) : at(no, i)));
  },
});

export const StringConcat = defineOperator({ name: "StringConcat", shape: broadcast });

export const RegexFullMatch = defineOperator({
  name: "RegexFullMatch",
  attributes: { pattern: string(null) },
  shape: same,
  dtype: () => "bool",
});
