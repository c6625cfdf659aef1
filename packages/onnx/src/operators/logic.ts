import { broadcast, isStatic } from "../dim.ts";
import type { Dim } from "../model.ts";
import { defineOperator, string, type ShapeRule } from "./operator.ts";

/** Operators of two numbers; what they answer is followed where both are known. */
const answersBool = (name: string, holds: (a: number, b: number) => boolean) =>
  defineOperator({
    name,
    shape: broadcast,
    dtype: () => "bool",
    content: ({ inputs: [a, b] }) => {
      if (!a.content || !b.content || !isStatic(a.content) || !isStatic(b.content)) return null;
      const [left, right] = [a.content, b.content];
      const at = (content: readonly number[], i: number): number =>
        content[content.length === 1 ? 0 : i] ?? 0;
      const length = Math.max(left.length, right.length);
      return Array.from({ length }, (_, i) => (holds(at(left, i), at(right, i)) ? 1 : 0));
    },
  });

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

export const Greater = answersBool("Greater", (a, b) => a > b);
export const GreaterOrEqual = answersBool("GreaterOrEqual", (a, b) => a >= b);
export const Less = answersBool("Less", (a, b) => a < b);
export const LessOrEqual = answersBool("LessOrEqual", (a, b) => a <= b);
export const And = answersBool("And", (a, b) => a === 1 && b === 1);
export const Or = answersBool("Or", (a, b) => a === 1 || b === 1);
export const Xor = answersBool("Xor", (a, b) => a !== b);

const same: ShapeRule = ([x]) => x;

export const Not = defineOperator({
  name: "Not",
  shape: same,
  content: ({ inputs: [x] }) =>
    x.content && isStatic(x.content) ? x.content.map((held) => 1 - held) : null,
});

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
