/** The thread that predicts: it holds the models, and takes their weights straight from Redis. */
import { workerData } from "node:worker_threads";

import { channelNames } from "@groundswell/contracts";
import { type ArtifactStore, type Frame, openArtifactStore } from "@groundswell/models";
import { serveThread } from "@groundswell/onnx";
import { openPredictor, readWeights, type Weights } from "@groundswell/training";

import { createServedModel, type ServedModel, type Start } from "./served-model.ts";
import {
  type ModelRef,
  type PredictingProtocol,
  type StartRef,
  type ThreadData,
  unpack,
} from "./thread-protocol.ts";
import { openWeightFeed } from "./weight-feed.ts";

const { artifacts: folder, redisUrl, prefix, providers } = workerData as ThreadData;
const artifacts = openArtifactStore(folder);
const champions = new Map<string, ServedModel>();
const pinned = new Map<string, ServedModel>();
const pinKey = (modelId: string, version: number) => `${modelId}/${version}`;

const feed = openWeightFeed({
  redisUrl,
  channel: channelNames(prefix),
  onFrame: receive,
  onTrouble: (reason) => thread.emit("damagedFrame", { reason }),
});

function receive(frame: Frame): void {
  const { modelId, base, step } = frame.header;
  const champion = champions.get(modelId);
  if (!champion) return;
  const what = champion.receive(frame);
  if (what === "applied" && frame.kind === "whole") feed.cameWhole(modelId);
  if (what === "gap" || what === "misfit") feed.wantWhole(modelId);
  if (what !== "old") thread.emit("frame", { modelId, what, base, step });
}

const thread = serveThread<PredictingProtocol>(
  {
    async load({ model, starts, learns }) {
      const troubles: string[] = [];
      for (const start of starts) {
        try {
          takeOver(model, await readStart(artifacts, model, start));
          if (learns) feed.follow(model.modelId);
          else feed.unfollow(model.modelId);
          return { base: start.base, step: start.step, troubles };
        } catch (error) {
          troubles.push(error instanceof Error ? error.message : String(error));
        }
      }
      throw new Error(`No start of the model is whole: ${troubles.join("; ")}`);
    },
    async pin({ model, start }) {
      const { read, ...rest } = await readStart(artifacts, model, start);
      const key = pinKey(model.modelId, start.base);
      pinned.get(key)?.close();
      pinned.set(
        key,
        createServedModel((weights) => openOn(model, weights), { read, ...rest }),
      );
    },
    forget({ modelId, pinned: version }) {
      const [models, key] =
        version === null ? [champions, modelId] : [pinned, pinKey(modelId, version)];
      if (version === null) feed.unfollow(modelId);
      models.get(key)?.close();
      models.delete(key);
    },
    predict({ modelId, pinned: version, inputs }) {
      const model =
        version === null ? champions.get(modelId) : pinned.get(pinKey(modelId, version));
      if (!model) throw new Error(`Model ${modelId} is not loaded`);
      const answer = model.predict(unpack(inputs));
      // A view would be sent with all of the buffer behind it.
      return { ...answer, probabilities: answer.probabilities.slice() };
    },
  },
  () => {
    feed.close();
    for (const model of [...champions.values(), ...pinned.values()]) model.close();
  },
);

const openOn = ({ settings }: ModelRef, weights: Weights) =>
  openPredictor(settings, weights, {
    providers,
    onFallback: (fallback) => thread.emit("providerFallback", fallback),
  });

/** The new weights are whole before the old ones go. */
function takeOver(model: ModelRef, start: Start): void {
  const champion = champions.get(model.modelId);
  if (champion) champion.rebase(start);
  else
    champions.set(
      model.modelId,
      createServedModel((weights) => openOn(model, weights), start),
    );
}

async function readStart(
  store: ArtifactStore,
  { projectId, settings }: ModelRef,
  { kind, sha256, base, step }: StartRef,
): Promise<Start> {
  const bytes = await store.get(projectId, sha256);
  return { base, step, read: () => readWeights(kind, settings, bytes) };
}
