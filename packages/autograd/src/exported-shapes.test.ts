import { readdirSync, readFileSync } from "node:fs";

import {
  boundSize,
  decodeModel,
  encodeModel,
  inferShapes,
  openSession,
  upConvert,
  zeros,
} from "@groundswell/onnx";
import type { Dim, DType, Model, Tensor } from "@groundswell/onnx";
import { describe, expect, test } from "vitest";

// What is said of each value inside of models as exporters write them (test-data, with the
// scripts that made them) is what the runtime finds there.

const FOLDER = new URL("../test-data/", import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith(".onnx"));

/** Sizes for the symbols of a model; no model has them built in. */
function symbolSizes({ graph }: Model): ReadonlyMap<Dim, number> {
  const symbols = graph.inputs.flatMap(({ shape }) => shape ?? []);
  const named = [...new Set(symbols.filter((dim) => typeof dim === "string"))];
  return new Map(named.map((symbol, i) => [symbol, 3 + i]));
}

/** Zeros for all inputs: ids that every vocabulary has. */
const fed = ({ graph }: Model, sizes: ReadonlyMap<Dim, number>): Record<string, Tensor> =>
  Object.fromEntries(
    graph.inputs.map(({ name, dtype, shape }) => [
      name,
      zeros(
        dtype as DType,
        (shape ?? []).map((dim) => sizes.get(dim) ?? Number(dim)),
      ),
    ]),
  );

/** All that the model computes on the way. */
function valuesInside(model: Model, feeds: Record<string, Tensor>): Record<string, Tensor> {
  const names = model.graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== ""));
  const outputs = names.map((name) => ({ name, dtype: null, shape: null }));
  const bytes = encodeModel({ ...model, graph: { ...model.graph, outputs } });
  const session = openSession(bytes, { optimise: "none" });
  try {
    return session.run(feeds);
  } finally {
    session.close();
  }
}

describe.each(files)("%s", (file) => {
  const model = upConvert(decodeModel(readFileSync(new URL(file, FOLDER))));
  const sizes = symbolSizes(model);
  const bind = (dim: Dim): number => boundSize(dim, (symbol) => sizes.get(symbol) ?? Number.NaN);
  const { values, undecided } = inferShapes(model);
  const inside = valuesInside(model, fed(model, sizes));

  test("every value's type and shape is told beforehand", () => {
    expect(undecided).toEqual([]);
    for (const [name, { dtype, dims }] of Object.entries(inside)) {
      const inferred = values.get(name);
      // Only a size that depends on the data can't be bound.
      const shape = inferred?.shape.map((dim, axis) => {
        const size = bind(dim);
        return String(dim).includes("?") ? dims[axis] : size;
      });
      expect({ name, dtype: inferred?.dtype, shape }).toEqual({ name, dtype, shape: [...dims] });
    }
  });

  test("what vectors of sizes hold is told beforehand", () => {
    for (const [name, { data }] of Object.entries(inside)) {
      const content = values.get(name)?.content;
      if (!content || content.some((dim) => String(dim).includes("?"))) continue;
      // Adding 0 takes a sign off it.
      const found = Array.from<number | bigint, number>(data, Number).map((each) => each + 0);
      expect([name, content.map((dim) => bind(dim) + 0)]).toEqual([name, found]);
    }
  });
});
