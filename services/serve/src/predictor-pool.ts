import { Busy } from "@groundswell/contracts";
import {
  type CheckpointRecord,
  type ModelRecord,
  turnBatch,
  type VersionRecord,
} from "@groundswell/models";
import { type ProviderFallback, type Thread, ThreadExited } from "@groundswell/onnx";

import { keepThread } from "./kept-thread.ts";
import { createLoadedModels } from "./loaded-models.ts";
import type { ServedEntry } from "./model-directory.ts";
import type { Predicted } from "./served-model.ts";
import {
  type ModelRef,
  pack,
  type PredictingProtocol,
  type StartRef,
  type ThreadData,
} from "./thread-protocol.ts";

export interface PredictorPoolOptions {
  thread: ThreadData;
  mostModels: number;
  mostPinned: number;
  clock: () => number;
  newestCheckpoint: (projectId: string, modelId: string) => Promise<CheckpointRecord | undefined>;
  /** Something could not be loaded, or the thread broke; what is held goes on. */
  onTrouble: (reason: string, modelId?: string) => void;
  onFrame: (frame: PredictingProtocol["events"]["frame"]) => void;
  onBatch: (size: number) => void;
  onFallback: (fallback: ProviderFallback) => void;
}

/** The models that one process serves, in a thread of their own. */
export interface PredictorPool {
  /** Resolves when a complete version of the model is held. @throws Busy where none can be loaded */
  prepare: (entry: ServedEntry) => Promise<void>;
  /** The same for a version that is asked by its number, frozen. */
  preparePinned: (model: ModelRecord, version: VersionRecord) => Promise<void>;
  /** Requests of one turn of the event loop share a batch. @throws Busy where the thread broke */
  predict: (modelId: string, pinned: number | null, input: Uint8Array) => Promise<Predicted>;
  /** False while the thread is being replaced. */
  alive: () => boolean;
  close: () => Promise<void>;
}

/** The second batch is on its way while the thread works on the first. */
const BATCHES = { most: 64, inFlight: 2 };
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const pinKey = (modelId: string, version: number) => `${modelId}/${version}`;

export function openPredictorPool(options: PredictorPoolOptions): PredictorPool {
  const { clock, onTrouble } = options;
  const thread = keepThread<PredictingProtocol>({
    url: new URL("./predicting-thread.ts", import.meta.url),
    data: options.thread,
    onOpened(opened) {
      opened.on("frame", options.onFrame);
      opened.on("providerFallback", options.onFallback);
      opened.on("damagedFrame", ({ reason }) => onTrouble(reason));
    },
    onEnded: (error) => onTrouble(`the predicting thread ended: ${reasonOf(error)}`),
    onReplaced() {
      champions.clear();
      pins.clear();
    },
  });
  const onFailure = (key: string, error: unknown) => onTrouble(reasonOf(error), key.split("/")[0]);
  const forget = (key: string) => {
    const [modelId = "", version] = key.split("/");
    batches.forget(key);
    const pinned = version === undefined ? null : Number(version);
    // A thread that has ended holds nothing any more.
    thread
      .current()
      .call("forget", { modelId, pinned })
      .catch(() => {});
  };
  const batches = createBatches((model, inputs) => {
    options.onBatch(inputs.length);
    return predictBatch(thread.current(), model, inputs);
  });
  const held = { clock, forget, onFailure };
  const champions = createLoadedModels({ ...held, most: options.mostModels });
  const pins = createLoadedModels({ ...held, most: options.mostPinned });

  return {
    prepare: (entry) =>
      champions.ensure(entry.model.modelId, entry.champion.number, async (first) => {
        const { model, champion } = entry;
        const { projectId, modelId, pace } = model;
        const checkpoint = first ? await options.newestCheckpoint(projectId, modelId) : undefined;
        const starts = startsOf(champion, checkpoint);
        const learns = pace !== "off";
        const { troubles } = await thread
          .current()
          .call("load", { model: refOf(model), starts, learns });
        for (const reason of troubles) onTrouble(reason, modelId);
      }),
    preparePinned: (model, version) =>
      pins.ensure(pinKey(model.modelId, version.number), version.number, () =>
        thread.current().call("pin", { model: refOf(model), start: startOf(version) }),
      ),
    async predict(modelId, pinned, input) {
      try {
        return await batches.predict({ modelId, pinned }, input);
      } catch (cause) {
        if (!(cause instanceof ThreadExited)) throw cause;
        throw new Busy("The models are being loaded again", { cause, retryAfter: 1 });
      }
    },
    alive: thread.alive,
    close: thread.close,
  };
}

interface AskedModel {
  modelId: string;
  pinned: number | null;
}

const keyOf = ({ modelId, pinned }: AskedModel) =>
  pinned === null ? modelId : pinKey(modelId, pinned);

/** A batch for each model and turn of the event loop. */
function createBatches(run: (model: AskedModel, inputs: Uint8Array[]) => Promise<Predicted[]>) {
  const batches = new Map<string, (input: Uint8Array) => Promise<Predicted>>();
  return {
    predict(model: AskedModel, input: Uint8Array): Promise<Predicted> {
      const key = keyOf(model);
      const batch =
        batches.get(key) ?? turnBatch((inputs: Uint8Array[]) => run(model, inputs), BATCHES);
      batches.set(key, batch);
      return batch(input);
    },
    forget: (key: string) => void batches.delete(key),
  };
}

async function predictBatch(
  thread: Thread<PredictingProtocol>,
  model: AskedModel,
  batch: readonly Uint8Array[],
): Promise<Predicted[]> {
  const inputs = pack(batch);
  const { bytes, lengths } = inputs;
  const answer = await thread.call("predict", { ...model, inputs }, [bytes.buffer, lengths.buffer]);
  const { probabilities, ...held } = answer;
  const classes = probabilities.length / batch.length;
  return batch.map((_, i) => ({
    ...held,
    probabilities: probabilities.subarray(i * classes, (i + 1) * classes),
  }));
}

function refOf({ projectId, modelId, recipe, classes, config, seed }: ModelRecord): ModelRef {
  return { projectId, modelId, settings: { recipe, classes, config, seed } };
}

const startOf = ({ artifact, number, learnedThrough }: VersionRecord): StartRef => ({
  kind: "version",
  sha256: artifact.sha256,
  base: number,
  step: learnedThrough,
});

/** The newest state of the champion's own line first, where there is one; the version itself always. */
function startsOf(champion: VersionRecord, checkpoint: CheckpointRecord | undefined): StartRef[] {
  const own = startOf(champion);
  // The first champion's line begins without a step that says so.
  if (!checkpoint || (checkpoint.base ?? 1) !== champion.number) return [own];
  const { step, artifact } = checkpoint;
  return [{ kind: "checkpoint", sha256: artifact.sha256, base: champion.number, step }, own];
}
