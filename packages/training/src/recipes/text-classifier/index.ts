import { adagrad, adam, normal, uniform, zeros } from "@groundswell/autograd";

import type { Architecture, Recipe } from "../../recipe.ts";
import { type Bag, bagOf, createBagger, thinned } from "./bag.ts";
import { TextConfig, TextRunConfig } from "./config.ts";
import { createFeatureHasher } from "./features.ts";
import { storeText } from "./store-input.ts";

/** Messages of any language: hashed words and parts of words → a bag of embeddings → classes. */
export const textClassifier: Recipe<Bag> = {
  name: "text-classifier",
  config: TextConfig,
  runConfig: TextRunConfig,
  storeInput: async (inputs) => storeText(inputs),
  architecture: ({ classes, config }) => architecture(classes, TextConfig.parse(config)),
};

const TABLE = "embedding";

function architecture(classes: readonly string[], config: TextConfig): Architecture<Bag> {
  const { buckets, width } = config;
  const decoder = new TextDecoder();
  const hash = createFeatureHasher(buckets);
  return {
    classes,
    parameters: [
      { name: TABLE, shape: ["R", width], initial: normal(0.05) },
      {
        name: "output.weight",
        shape: [width, classes.length],
        initial: uniform(1 / Math.sqrt(width)),
      },
      { name: "output.bias", shape: [classes.length], initial: zeros },
    ],
    tableRows: { [TABLE]: buckets },
    inputs: [{ name: "bag", dtype: "float32", shape: ["N", "R"] }],
    logits(g, parameters, inputs) {
      const { bag } = inputs as { bag: (typeof inputs)[string] };
      const at = (name: string) => parameters[name] as (typeof parameters)[string];
      return g.gemm(g.gemm(bag, at(TABLE)), at("output.weight"), at("output.bias"));
    },
    features: (input) => bagOf(hash(decoder.decode(input))),
    createBatcher: () => createBagger(TABLE, buckets),
    augment: (bag, random, time, seq) => {
      const { drop } = config.batch;
      return thinned(bag, drop, (i) => random.uniform(i + 1, time, seq) < drop);
    },
    online: { ...config.online, optimiser: adagrad() },
    batch: { ...config.batch, optimiser: adam() },
  };
}
