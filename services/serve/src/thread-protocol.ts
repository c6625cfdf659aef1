import type { Provider, ProviderFallback } from "@groundswell/onnx";
import type { ModelSettings } from "@groundswell/training";

/** Where whole weights lie. */
export interface StartRef {
  kind: "version" | "checkpoint";
  sha256: string;
  base: number;
  step: number;
}

export interface ModelRef {
  projectId: string;
  modelId: string;
  settings: ModelSettings;
}

/** Inputs of one batch, end to end in one buffer that moves to the thread. */
export interface PackedInputs {
  bytes: Uint8Array<ArrayBuffer>;
  lengths: Uint32Array<ArrayBuffer>;
}

export interface ThreadData {
  artifacts: string;
  redisUrl: string;
  prefix: string;
  providers: readonly Provider[];
}

/** What the serving process and its predicting thread say to each other. */
export interface PredictingProtocol {
  calls: {
    /**
     * Loads a model, or moves it to another version: the first start that is whole is taken.
     * Rejects where none is; what was held before then goes on.
     */
    load: {
      payload: { model: ModelRef; starts: StartRef[]; learns: boolean };
      result: { base: number; step: number; troubles: string[] };
    };
    /** Loads a version, frozen. */
    pin: { payload: { model: ModelRef; start: StartRef }; result: void };
    forget: { payload: { modelId: string; pinned: number | null }; result: void };
    predict: {
      payload: { modelId: string; pinned: number | null; inputs: PackedInputs };
      result: {
        probabilities: Float32Array<ArrayBuffer>;
        version: number;
        learnedThrough: number;
      };
    };
  };
  events: {
    /** A frame was taken or refused; `base` is its own. */
    frame: { modelId: string; what: string; base: number; step: number };
    damagedFrame: { reason: string };
    /** A model doesn't run where it was first wanted. */
    providerFallback: ProviderFallback;
  };
}

export function pack(inputs: readonly Uint8Array[]): PackedInputs {
  const lengths = Uint32Array.from(inputs, (input) => input.length);
  const bytes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const input of inputs) {
    bytes.set(input, at);
    at += input.length;
  }
  return { bytes, lengths };
}

export function unpack({ bytes, lengths }: PackedInputs): Uint8Array[] {
  let at = 0;
  return [...lengths].map((length) => bytes.subarray(at, (at += length)));
}
