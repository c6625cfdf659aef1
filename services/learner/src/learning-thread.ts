/** The thread that computes for one model. A step is a function of the state and of its record. */
import { encodeFrame, type FrameHeader } from "@groundswell/models";
import { serveThread, transferring } from "@groundswell/onnx";
import {
  type ModelSettings,
  openLearner,
  type OnlineLearner,
  readWeights,
  restoreLearner,
} from "@groundswell/training";

import type { Beginning, LearningProtocol } from "./learning-protocol.ts";
import { unpackExamples, unpackSteps } from "./packed-steps.ts";

interface Learning {
  settings: ModelSettings;
  learner: OnlineLearner;
  /** The step that changes build on; null where the next frame has to be whole. */
  published: number | null;
}

let begun: Learning | undefined;

function learning(): Learning {
  if (!begun) throw new Error("The model has not begun");
  return begun;
}

function open(settings: ModelSettings, from: Beginning): OnlineLearner {
  if (from.kind === "version")
    return openLearner(settings, { weights: readWeights("version", settings, from.bytes) });
  return restoreLearner(from.bytes, () => unpackExamples(from.window));
}

function makeFrame(header: Pick<FrameHeader, "modelId" | "fence" | "base">, whole: boolean) {
  const now = learning();
  const { learner, published } = now;
  const { step } = learner;
  const changes = learner.changes();
  now.published = step;
  // Without tables a frame of changes would be a whole one that fits fewer servers.
  if (whole || published === null || Object.keys(changes.tables).length === 0) {
    const frame = { ...header, from: null, step };
    return {
      kind: "whole" as const,
      step,
      bytes: encodeFrame({ kind: "whole", header: frame, weights: learner.weights() }),
    };
  }
  const frame = { ...header, from: published, step };
  return {
    kind: "changes" as const,
    step,
    bytes: encodeFrame({ kind: "changes", header: frame, changes }),
  };
}

serveThread<LearningProtocol>(
  {
    begin({ settings, from }) {
      begun?.learner.close();
      begun = { settings, learner: open(settings, from), published: null };
      return { persons: begun.learner.persons };
    },
    learn(packed) {
      const { learner } = learning();
      const began = performance.now();
      let last: number | null = null;
      for (const step of unpackSteps(packed)) last = learner.learn(step).loss ?? last;
      return { ms: performance.now() - began, loss: last, persons: learner.persons };
    },
    rebase({ step, dropped, version }) {
      const now = learning();
      now.learner.rebase({ step, dropped, weights: readWeights("version", now.settings, version) });
      now.published = null;
    },
    frame({ header, whole }) {
      const { bytes, ...rest } = makeFrame(header, whole);
      const own = bytes as Uint8Array<ArrayBuffer>;
      return transferring({ ...rest, bytes: own }, [own.buffer]);
    },
    save() {
      const { learner } = learning();
      const bytes = learner.save() as Uint8Array<ArrayBuffer>;
      return transferring({ step: learner.step, bytes }, [bytes.buffer]);
    },
  },
  () => begun?.learner.close(),
);
