import type { GateReport, RunEvent, RunProgress, RunStatus } from "@groundswell/contracts";

/** What is known of a run from its events so far. */
export interface RunStory {
  status: RunStatus;
  progress: RunProgress | null;
  /** One point an epoch, in order. */
  epochs: { epoch: number; loss: number | null; validationLoss: number | null }[];
  gate: GateReport | null;
  version: number | null;
}

export const UNTOLD: RunStory = {
  status: "queued",
  progress: null,
  epochs: [],
  gate: null,
  version: null,
};

/** Twice the same event changes nothing: a stream may begin again after a break. */
export function tell(story: RunStory, event: RunEvent): RunStory {
  switch (event.type) {
    case "status":
      return { ...story, status: event.status };
    case "gate":
      return { ...story, gate: event.gate, version: event.version };
    case "progress": {
      const { progress } = event;
      return { ...story, progress, epochs: withEpoch(story.epochs, progress) };
    }
  }
}

function withEpoch(epochs: RunStory["epochs"], progress: RunProgress): RunStory["epochs"] {
  const { epoch, loss, validation_loss: validationLoss } = progress;
  if (loss === null && validationLoss === null) return epochs;
  const others = epochs.filter((point) => point.epoch !== epoch);
  return [...others, { epoch, loss, validationLoss }].toSorted((a, b) => a.epoch - b.epoch);
}

export const isOpen = (status: RunStatus): boolean => status === "queued" || status === "running";

/** How far a run is, from 0 to 1: training is most of it. */
export function completed({ phase, epoch, epochs }: RunProgress): number {
  const trained = Math.min(1, epoch / Math.max(1, epochs));
  switch (phase) {
    case "dataset":
      return 0.02;
    case "training":
      return 0.04 + 0.8 * trained;
    case "catching-up":
      return 0.86;
    case "exam":
      return 0.92;
    case "registering":
      return 0.97;
    case "done":
      return 1;
  }
}

export function phaseWords({ phase, epoch, epochs }: RunProgress): string {
  switch (phase) {
    case "dataset":
      return "cutting the dataset";
    case "training":
      return `epoch ${epoch} of ${epochs}`;
    case "catching-up":
      return "catching up";
    case "exam":
      return "taking the exam";
    case "registering":
      return "registering";
    case "done":
      return "done";
  }
}
