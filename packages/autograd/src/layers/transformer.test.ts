import { dataOf, sizeOf, tensor } from "@groundswell/onnx";
import { expect, test } from "vitest";

import { evaluate } from "../gradcheck.ts";
import { createGraph } from "../graph.ts";
import type { Graph } from "../graph.ts";
import { randomStream } from "../random.ts";
import type { Value } from "../value.ts";
import { causalMask, paddingMask } from "./attention.ts";
import { decoderLayer, encoderLayer, transformerLayerParameters } from "./transformer.ts";
import { embedded, meanOfWords } from "./words.ts";

const WIDTH = 6;
const HEADS = 2;
const VOCABULARY = 9;
const PARAMETERS = [
  { name: "words", shape: [VOCABULARY, WIDTH] },
  ...transformerLayerParameters("layer", WIDTH, 8),
];

type Build = (
  g: Graph,
  p: Readonly<Record<string, Value>>,
  inputs: { readonly x: Value; readonly sizes: Value; readonly inside: Value },
) => Value;

/** What `build` makes of texts of equal length, whose first words are inside. */
function answer(texts: readonly (readonly number[])[], inside: number, build: Build): number[] {
  const g = createGraph();
  const stream = randomStream(4);
  const values = PARAMETERS.map(({ name, shape }) => g.input(name, "float32", shape));
  const feeds = Object.fromEntries(
    PARAMETERS.map(({ name, shape }, index) => {
      const dims = shape.map(Number);
      const draws = Array.from({ length: sizeOf(dims) }, (_, k) => stream.normal(k, index));
      return [name, tensor("float32", dims, Float32Array.from(draws))];
    }),
  );
  const ids = g.input("ids", "int64", ["N", "L"]);
  const mask = g.input("mask", "float32", ["N", "L"]);
  const p = Object.fromEntries(values.map((value) => [value.name, value]));
  const x = embedded(g, p["words"] ?? ids, ids);
  const y = build(g, p, { x, sizes: g.shapeOf(ids), inside: mask });
  const dims = [texts.length, texts[0]?.length ?? 0];
  const answered = evaluate(
    g,
    [...values, ids, mask],
    {
      ...feeds,
      ids: tensor("int64", dims, BigInt64Array.from(texts.flat(), BigInt)),
      mask: tensor(
        "float32",
        dims,
        Float32Array.from(texts.flatMap((text) => text.map((_, i) => (i < inside ? 1 : 0)))),
      ),
    },
    { y },
  );
  return [...dataOf(answered["y"], "float32")];
}

/** The largest difference. */
function between(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
}

const ROUNDING = 1e-5;

const encoded: Build = (g, p, { x, sizes, inside }) => {
  const mask = paddingMask(g, inside);
  const y = encoderLayer(g, p, x, { name: "layer", heads: HEADS, sizes, mask });
  return meanOfWords(g, y, inside);
};

test("padding changes nothing", () => {
  const plain = answer([[1, 2, 3]], 3, encoded);
  expect(between(answer([[1, 2, 3, 4, 5]], 3, encoded), plain)).toBeLessThan(ROUNDING);
  expect(between(answer([[1, 2, 3, 7, 7]], 3, encoded), plain)).toBeLessThan(ROUNDING);
});

test("texts of a batch know nothing of each other", () => {
  const alone = [...answer([[1, 2, 3]], 3, encoded), ...answer([[4, 4, 8]], 3, encoded)];
  const both = [
    [1, 2, 3],
    [4, 4, 8],
  ];
  expect(between(answer(both, 3, encoded), alone)).toBeLessThan(ROUNDING);
});

test("words that change places change nothing, as long as nobody says where they are", () => {
  const [turned, plain] = [
    [3, 1, 2],
    [1, 2, 3],
  ].map((text) => answer([text], 3, encoded));
  expect(between(turned ?? [], plain ?? [])).toBeLessThan(ROUNDING);
});

test("what comes later changes nothing before it", () => {
  const decoded: Build = (g, p, { x, sizes }) => {
    const mask = causalMask(g, sizes);
    return decoderLayer(g, p, x, { name: "layer", heads: HEADS, sizes, mask, gelu: "tanh" });
  };
  const first = answer([[1, 2, 3, 4]], 4, decoded);
  const second = answer([[1, 2, 3, 5]], 4, decoded);
  const seen = 3 * WIDTH;
  expect(between(second.slice(0, seen), first.slice(0, seen))).toBeLessThan(ROUNDING);
  expect(second.slice(seen)).not.toEqual(first.slice(seen));
});

test("each part can be dropped before it is added", () => {
  const places: string[] = [];
  answer([[1, 2]], 2, (g, p, { x, sizes }) =>
    encoderLayer(g, p, x, {
      name: "layer",
      heads: HEADS,
      sizes,
      mask: null,
      drop(part, place) {
        places.push(place);
        return g.mul(part, 0.5);
      },
    }),
  );
  expect(places).toEqual(["layer.o", "layer.down"]);
});

test("a width that the heads don't divide is refused", () => {
  const build: Build = (g, p, { x, sizes }) =>
    encoderLayer(g, p, x, { name: "layer", heads: 4, sizes, mask: null });
  expect(() => answer([[1]], 1, build)).toThrow("4 heads of a width of 6");
});
