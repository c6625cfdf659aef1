import { parentPort } from "node:worker_threads";

import { initialWeights, openPredictor } from "@groundswell/training";

import { PIXELS, settings } from "./bench-model.ts";

const predictor = openPredictor(settings, initialWeights(settings));
parentPort?.on("message", (pixels: Uint8Array) => {
  const rows = Array.from({ length: pixels.length / PIXELS }, (_, i) =>
    pixels.subarray(i * PIXELS, (i + 1) * PIXELS),
  );
  parentPort?.postMessage(predictor.predict(rows).slice());
});
