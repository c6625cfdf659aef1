import { readdirSync, readFileSync } from "node:fs";

import {
  decodeModel,
  encodeModel,
  foldBatchNorm,
  foldConstants,
  openSession,
  quantizeDynamic,
  quantizeStatic,
  sizeOf,
  tensor,
  toFloat16,
  upConvert,
} from "@groundswell/onnx";
import type { Model, Tensor, ValueInfo } from "@groundswell/onnx";
import { describe, expect, test } from "vitest";

// The passes over models as PyTorch and Keras write them (test-data, with the scripts that made
// them): what comes out computes what went in.

const FOLDER = new URL("../test-data/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".onnx"));

type Feeds = Record<string, Tensor>;

/** Numbers for an input: ids stay below 5, which every vocabulary here has. */
function fed({ dtype, shape }: ValueInfo): Tensor {
  const dims = (shape ?? []).map((dim) => (typeof dim === "number" ? dim : 2));
  const at = Array.from({ length: sizeOf(dims) }, (_, i) => i);
  const id = (i: number): number => (i * 7) % 5;
  if (dtype === "int64") {
    return tensor(
      "int64",
      dims,
      BigInt64Array.from(at, (i) => BigInt(id(i))),
    );
  }
  if (dtype === "int32") return tensor("int32", dims, Int32Array.from(at, id));
  return tensor(
    "float32",
    dims,
    Float32Array.from(at, (i) => Math.sin(i * 12.9898)),
  );
}

const feedsFor = ({ graph }: Model): Feeds =>
  Object.fromEntries(graph.inputs.map((input) => [input.name, fed(input)]));

function answers(model: Model, feeds: Feeds): Record<string, Tensor> {
  // With all of them the runtime crashes on some float16 models (docs/onnx-passes.md).
  const session = openSession(encodeModel(model), { optimise: "extended" });
  try {
    return session.run(feeds);
  } finally {
    session.close();
  }
}

const numbersOf = ({ data }: Tensor): number[] => Array.from<number | bigint, number>(data, Number);

/** The greatest difference between answers, as a share of the greatest answer. */
function apart(before: Record<string, Tensor>, after: Record<string, Tensor>): number {
  expect(Object.keys(after)).toEqual(Object.keys(before));
  const pairs = Object.entries(before).flatMap(([name, value]) => {
    const others = numbersOf(after[name]!);
    expect([...after[name]!.dims]).toEqual([...value.dims]);
    return numbersOf(value).map((number, i) => [number, others[i]!] as const);
  });
  const largest = Math.max(...pairs.map(([number]) => Math.abs(number)));
  return Math.max(...pairs.map(([number, other]) => Math.abs(number - other))) / largest;
}

describe.each(files)("%s", (file) => {
  const model = decodeModel(readFileSync(new URL(file, FOLDER)));
  const feeds = feedsFor(model);
  const before = answers(model, feeds);
  const folded = foldConstants(upConvert(model));
  const plain = foldBatchNorm(folded);

  test("is the same when brought up and folded, with no more nodes", () => {
    expect(apart(before, answers(upConvert(model), feeds))).toBeLessThan(1e-5);
    // Of what is folded the runtime can fuse more than before, and rounds otherwise.
    expect(apart(before, answers(folded, feeds))).toBeLessThan(1e-5);
    expect(folded.graph.nodes.length).toBeLessThanOrEqual(model.graph.nodes.length);
    expect(apart(before, answers(plain, feeds))).toBeLessThan(1e-5);
  });

  test("is near in whole numbers and in float16", () => {
    const dynamic = quantizeDynamic(plain, { minElements: 16, convolutions: true });
    expect(apart(before, answers(dynamic, feeds))).toBeLessThan(0.04);
    const fixed = quantizeStatic(plain, [feeds], { minElements: 16 });
    expect(apart(before, answers(fixed, feeds))).toBeLessThan(0.04);
    expect(apart(before, answers(toFloat16(folded), feeds))).toBeLessThan(0.005);
  });
});
