import { adam, he, type RandomStream, zeros } from "@groundswell/autograd";
import { tensor } from "@groundswell/onnx";

import type { Architecture, Batcher, Recipe } from "../../recipe.ts";
import { ImageConfig, ImageRunConfig } from "./config.ts";
import { shiftPicture } from "./shift.ts";
import { storePicture } from "./store-input.ts";

/** Grey pictures: pixels → hidden layer → classes. */
export const imageClassifier: Recipe<Uint8Array> = {
  name: "image-classifier",
  config: ImageConfig,
  runConfig: ImageRunConfig,
  storeInput: (inputs, config) => storePicture(inputs, ImageConfig.parse(config)),
  architecture: ({ classes, config }) => architecture(classes, ImageConfig.parse(config)),
};

function architecture(classes: readonly string[], config: ImageConfig): Architecture<Uint8Array> {
  const { width, height, hidden } = config;
  const pixels = width * height;
  return {
    classes,
    parameters: [
      { name: "hidden.weight", shape: [pixels, hidden], initial: he },
      { name: "hidden.bias", shape: [hidden], initial: zeros },
      { name: "output.weight", shape: [hidden, classes.length], initial: he },
      { name: "output.bias", shape: [classes.length], initial: zeros },
    ],
    tableRows: {},
    // Bytes up to the graph: the cast costs less there, and a batch is a quarter to copy.
    inputs: [{ name: "pixels", dtype: "uint8", shape: ["N", pixels] }],
    logits(g, parameters, inputs) {
      const { pixels: bytes } = inputs as { pixels: (typeof inputs)[string] };
      const at = (name: string) => parameters[name] as (typeof parameters)[string];
      const shade = g.mul(g.cast(bytes, "float32"), 1 / 255);
      const inner = g.relu(g.gemm(shade, at("hidden.weight"), at("hidden.bias")));
      return g.gemm(inner, at("output.weight"), at("output.bias"));
    },
    features: (input) => {
      if (input.length !== pixels)
        throw new RangeError(`A stored picture has ${input.length} bytes, not ${pixels}`);
      return input;
    },
    createBatcher: () => createBatcher(pixels),
    augment: (picture, random, time, seq) =>
      shiftPicture(
        picture,
        config,
        shiftOf(config.batch.shift, random, 1, time, seq),
        shiftOf(config.batch.shift, random, 2, time, seq),
      ),
    online: { ...config.online, optimiser: adam() },
    batch: { ...config.batch, optimiser: adam() },
  };
}

const shiftOf = (most: number, random: RandomStream, k: number, epoch: number, seq: number) =>
  random.below(2 * most + 1, k, epoch, seq) - most;

function createBatcher(pixels: number): Batcher<Uint8Array> {
  let buffer = new Uint8Array(0);
  return {
    together(pictures) {
      const size = pictures.length;
      if (buffer.length < size * pixels) buffer = new Uint8Array(size * pixels);
      for (const [i, picture] of pictures.entries()) buffer.set(picture, i * pixels);
      const together = tensor("uint8", [size, pixels], buffer.subarray(0, size * pixels));
      return { size, inputs: { pixels: together }, rows: {} };
    },
  };
}
