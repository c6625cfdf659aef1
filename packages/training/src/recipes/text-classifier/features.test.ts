import fc from "fast-check";
import { expect, test } from "vitest";

import { bagOf, createBagger, thinned } from "./bag.ts";
import { createFeatureHasher } from "./features.ts";
import { storeText } from "./store-input.ts";

const BUCKETS = 1 << 16;
const hashedFeatures = (text: string, buckets: number) => createFeatureHasher(buckets)(text);
const featuresOf = (text: string) => new Set(hashedFeatures(text, BUCKETS).ids);
const common = (a: string, b: string) => featuresOf(a).intersection(featuresOf(b)).size;

test("a word, its parts, and the pair with its neighbour", () => {
  // <ab> has parts <ab, <ab>, ab>; the words are two, the pair one.
  expect(featuresOf("ab").size).toBe(1 + 3);
  expect(featuresOf("ab ab").size).toBe(1 + 3 + 1);
});

test("a whole word counts for more than its parts, and a bag has length one", () => {
  const features = hashedFeatures("ab", BUCKETS);
  expect(Array.from(features.weights)).toEqual([2, 1, 1, 1]);
  const { values } = bagOf(features);
  expect(Math.hypot(...values)).toBeCloseTo(1, 6);
  expect(bagOf(hashedFeatures("?", BUCKETS)).values).toHaveLength(0);
});

test("a thinned bag has the rest of its rows, which make up for the others", () => {
  const bag = { ids: Int32Array.of(7, 8, 9), values: Float32Array.of(1, 2, 3) };
  expect(thinned(bag, 0.5, (i) => i === 1)).toEqual({
    ids: Int32Array.of(7, 9),
    values: Float32Array.of(2, 6),
  });
});

test("case and the form of a character don't matter", () => {
  expect(featuresOf("Ｃａｆé")).toEqual(featuresOf("cafe\u0301"));
});

test.each([
  ["inflected", "betalingen", "betaling"],
  ["Chinese", "我的卡丢了", "卡丢了怎么办"],
  ["Japanese", "カードをなくした", "カードが届かない"],
  ["Thai", "บัตรของฉันหาย", "บัตรหาย"],
  ["Arabic", "بطاقتي ضاعت", "أين بطاقتي"],
  ["Hindi", "मेरा कार्ड खो गया", "कार्ड नहीं आया"],
  ["a pictograph", "great 👍", "👍👍"],
])("texts that share something share features: %s", (_what, a, b) => {
  expect(common(a, b)).toBeGreaterThan(0);
});

test("characters outside the basic plane are whole", () => {
  expect(featuresOf("𠮷")).not.toEqual(featuresOf("𠮶"));
});

test("any text gives distinct buckets in range, and the same ones again", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const { ids: found } = hashedFeatures(text, 256);
      expect(new Set(found).size).toBe(found.length);
      expect(found.every((bucket) => bucket >= 0 && bucket < 256)).toBe(true);
      expect(hashedFeatures(text, 256).ids).toEqual(found);
    }),
  );
});

test("a long text has so many features and no more", () => {
  const words = Array.from({ length: 5_000 }, (_, i) => `word${i}`).join(" ");
  expect(hashedFeatures(words, 1 << 20).ids).toHaveLength(4_096);
});

test("a bag puts each message's weight where its rows are, whatever was bagged before", () => {
  const bagger = createBagger("t", 64);
  bagger.together([{ ids: Int32Array.of(9, 60), values: Float32Array.of(7, 8) }]);
  const { inputs, rows, size } = bagger.together([
    { ids: Int32Array.of(5, 9), values: Float32Array.of(0.5, 0.25) },
    { ids: Int32Array.of(9, 1), values: Float32Array.of(2, 3) },
  ]);
  expect(size).toBe(2);
  expect(rows["t"]).toEqual(Int32Array.of(5, 9, 1));
  expect(inputs["bag"]).toMatchObject({
    dims: [2, 3],
    data: Float32Array.of(0.5, 0.25, 0, 0, 2, 3),
  });
});

test("messages without features touch one row, for nothing", () => {
  const bagger = createBagger("t", 64);
  const { inputs, rows } = bagger.together([
    { ids: new Int32Array(0), values: new Float32Array(0) },
  ]);
  expect(rows["t"]).toEqual(Int32Array.of(0));
  expect(inputs["bag"]?.data).toEqual(Float32Array.of(0));
});

test("a text is stored as UTF-8, cut between two characters", () => {
  expect(storeText({ text: "né" })).toEqual(Buffer.from("né"));
  const long = storeText({ text: `x${"語".repeat(10_000)}` });
  expect(long.length).toBeLessThanOrEqual(16_384);
  expect(new TextDecoder("utf-8", { fatal: true }).decode(long)).toMatch(/^x語+$/);
});

test.each([
  [{ text: "" }],
  [{ text: " \n" }],
  [{ text: "a".repeat(100_001) }],
  [{ text: "a\u0000b" }],
  [{ text: 7 }],
  [{}],
])("refuses %j, and says where", (inputs) => {
  expect(() => storeText(inputs)).toThrow(
    expect.objectContaining({
      code: "BAD_INPUTS",
      issues: [expect.objectContaining({ path: "/inputs/text" })],
    }),
  );
});
