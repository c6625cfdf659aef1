/** The thread that computes: training, catching up, and the answers of an exam. */
import { workerData } from "node:worker_threads";

import { type ProviderFallback, serveThread } from "@groundswell/onnx";
import {
  bestOf,
  encodeWeights,
  initialWeights,
  type ModelSettings,
  openLearner,
  openPredictor,
  readWeights,
  trainBatch,
  type Weights,
} from "@groundswell/training";

import type { ThreadData, TrainingProtocol } from "./protocol.ts";

const { stop, providers } = workerData as ThreadData;
const stopped = new Int32Array(stop);
const runsOn = {
  providers,
  onFallback: (fallback: ProviderFallback) => thread.emit("providerFallback", fallback),
};
let candidate: { settings: ModelSettings; weights: Weights } | undefined;

function trained() {
  if (!candidate) throw new Error("Nothing is trained yet");
  return candidate;
}

/** As many as make a bag of rows that fits the cache. */
const TOGETHER = 256;

function answersOf(settings: ModelSettings, weights: Weights, inputs: Uint8Array[]): string[] {
  const predictor = openPredictor(settings, weights, runsOn);
  const { classes } = settings;
  const answers: string[] = [];
  for (let at = 0; at < inputs.length; at += TOGETHER) {
    const probabilities = predictor.predict(inputs.slice(at, at + TOGETHER));
    for (const place of bestOf(probabilities, classes.length)) answers.push(classes[place] ?? "");
  }
  predictor.close();
  return answers;
}

const thread = serveThread<TrainingProtocol>({
  train({ settings, ...order }) {
    const { weights, ...result } = trainBatch({
      ...order,
      ...runsOn,
      settings,
      start: initialWeights(settings),
      clock: () => performance.now(),
      onProgress: (progress) => thread.emit("progress", progress),
      shouldStop: () => Atomics.load(stopped, 0) === 1,
    });
    candidate = { settings, weights };
    return result;
  },
  catchUp({ window, after, steps }) {
    const { settings, weights } = trained();
    const learner = openLearner(settings, { weights, step: after, window });
    for (const step of steps) learner.learn({ ...step, rules: 1 });
    candidate = { settings, weights: learner.weights() };
    learner.close();
  },
  answer({ inputs, weights }) {
    const { settings, weights: own } = trained();
    const asked = weights ? readWeights(weights.kind, settings, weights.bytes) : own;
    return answersOf(settings, asked, inputs);
  },
  artifact() {
    const { settings, weights } = trained();
    return new Uint8Array(encodeWeights(settings, weights));
  },
});
