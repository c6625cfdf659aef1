import type { FrameHeader } from "@groundswell/models";
import type { ModelSettings } from "@groundswell/training";

import type { PackedExamples, PackedSteps } from "./packed-steps.ts";

/** Where a model's learner begins. */
export type Beginning =
  | { kind: "version"; bytes: Uint8Array }
  /** `window`: the examples at the positions in its replay window. */
  | { kind: "checkpoint"; bytes: Uint8Array; window: PackedExamples };

/** What a model's learner and its thread say to each other. */
export interface LearningProtocol {
  calls: {
    /** @returns how many persons' examples are in the replay window */
    begin: { payload: { settings: ModelSettings; from: Beginning }; result: { persons: number } };
    /** @returns how long the arithmetic took, the loss of the last step with examples, and persons as above */
    learn: { payload: PackedSteps; result: { ms: number; loss: number | null; persons: number } };
    rebase: {
      payload: { step: number; dropped: number[]; version: Uint8Array };
      result: void;
    };
    /** Whole weights, or what changed since the last frame; encoded. */
    frame: {
      payload: { header: Pick<FrameHeader, "modelId" | "fence" | "base">; whole: boolean };
      result: { kind: "whole" | "changes"; step: number; bytes: Uint8Array<ArrayBuffer> };
    };
    /** All of it, to go on from. */
    save: { payload: null; result: { step: number; bytes: Uint8Array<ArrayBuffer> } };
  };
  events: Record<never, never>;
}
