import { expect, test } from "vitest";

import { tensor } from "../tensor.ts";
import { FrameError } from "./frame.ts";
import { answerOf, bytesOf, headerOf, tensorsOf } from "./messages.ts";

const tensors = [
  tensor("bool", [3], Uint8Array.of(1, 0, 1)),
  tensor("int64", [1, 2], BigInt64Array.of(-1n, 2n ** 62n)),
  tensor("float32", [0, 5], new Float32Array()),
  tensor("float64", [], Float64Array.of(0.5)),
];

test("tensors go through a payload, those that would not lie straight too", () => {
  const payload = new Uint8Array(Buffer.concat(tensors.map(bytesOf)));
  expect(tensorsOf(tensors.map(headerOf), payload)).toEqual(tensors);
});

const crooked: readonly [what: string, headers: unknown][] = [
  ["no list", { length: 1 }],
  ["nothing", [null]],
  ["an unknown type", [{ dtype: "__proto__", dims: [8] }]],
  ["strings", [{ dtype: "string", dims: [8] }]],
  ["a negative size", [{ dtype: "uint8", dims: [-8] }]],
  ["a broken size", [{ dtype: "uint8", dims: [0.5, 16] }]],
  ["more than there is", [{ dtype: "uint8", dims: [9] }]],
  ["less than there is", [{ dtype: "uint8", dims: [7] }]],
  ["sizes beyond numbers", [{ dtype: "uint8", dims: [2 ** 52, 2 ** 52, 2 ** 52] }]],
  ["a rank beyond reason", [{ dtype: "uint8", dims: Array.from({ length: 65 }, () => 1) }]],
];

test.each(crooked)("a header of %s is refused", (_, headers) => {
  expect(() => tensorsOf(headers, new Uint8Array(8))).toThrow(FrameError);
});

test("answers of unknown kinds are refused, and words come on one line, cut", () => {
  for (const header of [null, 1, {}, { kind: "load" }, { kind: "failed", message: 1 }]) {
    expect(() => answerOf(header)).toThrow(FrameError);
  }
  const message = "a\n2026-11-25 all is well\u001b[2J";
  expect(answerOf({ kind: "failed", message })).toEqual({
    kind: "failed",
    message: "a 2026-11-25 all is well [2J",
  });
  expect(answerOf({ kind: "failed", message: "x".repeat(9_000) })).toEqual({
    kind: "failed",
    message: "x".repeat(2_000),
  });
});
