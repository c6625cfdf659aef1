import { notePublication } from "@groundswell/db";

import type { LearnerParts } from "./model-learner.ts";
import type { Rhythm } from "./pace.ts";

/** Says what was learned to whoever serves it. */
export interface Publisher {
  /** Somebody has no weights that changes would fit. */
  wantWhole: () => void;
  /**
   * Publishes where there is something to say and it is time to.
   * @param began when what is to be said was taken: a round that lasts longer doesn't push the next one back
   */
  keepUp: (at: { step: number; base: number }, rhythm: Rhythm, began: number) => Promise<void>;
  /** Milliseconds until `keepUp` would do something; undefined: nothing is unsaid. */
  dueInMs: (step: number, rhythm: Rhythm) => number | undefined;
  /** Waits for what is being noted. */
  settle: () => Promise<void>;
}

/** Whole weights are large, and everybody gets them: who asks waits this long for the others who ask. */
const WHOLE_EVERY_MS = 250;
const RETRY_MS = 250;

export function createPublisher(parts: LearnerParts): Publisher {
  const { channels, clock, database, hold, lease, metrics, thread } = parts;
  const { projectId, modelId, fence } = hold;
  let published = 0;
  let publishedAt = -Infinity;
  let wholeAt = -Infinity;
  // A new learner begins with a whole: changes of its line fit nothing that was sent before.
  let wholeWanted = true;
  let noting: Promise<void> = Promise.resolve();

  const dueInMs: Publisher["dueInMs"] = (step, { publishEveryMs }) => {
    const now = performance.now();
    const dues = [
      ...(step > published ? [publishedAt + publishEveryMs] : []),
      ...(wholeWanted && step > 0 ? [wholeAt + WHOLE_EVERY_MS] : []),
    ];
    return dues.length === 0 ? undefined : Math.max(0, Math.min(...dues) - now);
  };
  const note = (step: number) => {
    noting = notePublication(database, { projectId, modelId, step, now: clock() }).catch(
      (error: unknown) => parts.logger.warn({ err: error, modelId, step }, "noting a publication"),
    );
  };

  return {
    wantWhole() {
      wholeWanted = true;
    },
    dueInMs,
    async keepUp({ step, base }, rhythm, began) {
      const due = dueInMs(step, rhythm);
      if (due === undefined || due > 0) return;
      const now = performance.now();
      const whole = wholeWanted && now >= wholeAt + WHOLE_EVERY_MS;
      const frame = await thread.call("frame", { header: { modelId, fence, base }, whole });
      // Another learner may be ahead by now. (What slips through here is refused by its fence.)
      if (!lease.isHeld()) return;
      try {
        await channels.publish(modelId, frame.bytes);
      } catch {
        // Redis is away: whoever comes back needs the whole anyway.
        wholeWanted = true;
        publishedAt = now + RETRY_MS;
        wholeAt = now;
        metrics.unpublished.inc();
        return;
      }
      published = frame.step;
      publishedAt = began;
      if (frame.kind === "whole") {
        wholeWanted = false;
        wholeAt = now;
      }
      metrics.publications.labels(frame.kind).inc();
      note(frame.step);
    },
    settle: () => noting,
  };
}
