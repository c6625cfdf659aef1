import type { Provider, ProviderFallback } from "@groundswell/onnx";
import type { BatchProgress, Example, ModelSettings } from "@groundswell/training";

/** A training from the model's own initial weights. */
interface TrainOrder {
  settings: ModelSettings;
  train: Example[];
  validation: Example[];
  config: Record<string, unknown>;
  seed: number;
  threads: number;
}

export interface Trained {
  finished: boolean;
  epochs: number;
  bestEpoch: number;
  steps: number;
  validation: { loss: number; accuracy: number } | null;
  provider: Provider;
}

/** What the trainer and its computing thread say to each other. The thread keeps the weights. */
export interface TrainingProtocol {
  calls: {
    train: { payload: TrainOrder; result: Trained };
    /** Replays what was learned online since the data set was cut. `window`: what it may replay. */
    catchUp: {
      payload: {
        window: Example[];
        after: number;
        steps: { step: number; examples: Example[]; dropped: number[] }[];
      };
      result: void;
    };
    /** The likeliest class of each input: by the candidate, or by other weights. */
    answer: {
      payload: {
        inputs: Uint8Array[];
        weights: { kind: "version" | "checkpoint"; bytes: Uint8Array } | null;
      };
      result: string[];
    };
    /** The candidate as a version's artifact. */
    artifact: { payload: null; result: Uint8Array<ArrayBuffer> };
  };
  events: {
    progress: BatchProgress;
    /** A model doesn't run where it was first wanted. */
    providerFallback: ProviderFallback;
  };
}

export interface ThreadData {
  /** Shared with the thread, which can't hear messages while it computes: 1 asks it to stop. */
  stop: SharedArrayBuffer;
  /** Where models run: the first of them that this machine has. */
  providers: readonly Provider[];
}
