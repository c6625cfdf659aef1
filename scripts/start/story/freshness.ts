import { setTimeout as delay } from "node:timers/promises";

import { FeedbackState } from "@groundswell/contracts";
import type { Client } from "@groundswell/crowd";

/** How long it takes from feedback to a model that has learned from it. */
export interface Freshness {
  /** Milliseconds from acknowledged feedback to the first answer that knows it, one a sample. */
  served: number[];
  /** The same up to the publication of the weights, as the platform measures it. */
  learned: number[];
}

interface FreshnessOptions {
  client: Client;
  /** Milliseconds, of one clock for all calls. */
  clock: () => number;
  /** Learned from or not: after this time a sample is given up. */
  patienceMs?: number;
}

interface Step {
  at: number;
  learnedThrough: number;
}

const LOOK_EVERY_MS = 25;

/**
 * Follows one feedback at a time, and sees from the answers that other users get when the model
 * that serves has learned from it.
 */
export function watchFreshness({ client, clock, patienceMs = 3_000 }: FreshnessOptions) {
  const freshness: Freshness = { served: [], learned: [] };
  /** When answers first knew each step, in order. */
  const steps: Step[] = [];
  let following: Promise<void> | undefined;

  const follow = async (id: string, acknowledgedAt: number): Promise<void> => {
    const deadline = acknowledgedAt + patienceMs;
    const published = await untilPublished(client, id, deadline, clock);
    if (!published) return;
    freshness.learned.push(published.afterMs);
    const knew = await firstAnswerThatKnows(steps, published.step, deadline, clock);
    if (knew !== undefined) freshness.served.push(Math.max(0, knew - acknowledgedAt));
  };

  return {
    freshness,
    onAnswer(learnedThrough: number): void {
      const last = steps.at(-1);
      if (!last || learnedThrough > last.learnedThrough)
        steps.push({ at: clock(), learnedThrough });
    },
    /** Begins to follow this one, if none is followed at the moment. */
    onFeedback(id: string): void {
      following ??= follow(id, clock()).finally(() => (following = undefined));
    },
    /** @throws what went wrong while following */
    async finish(): Promise<void> {
      await following;
    },
  };
}

async function untilPublished(
  client: Client,
  id: string,
  deadline: number,
  clock: () => number,
): Promise<{ step: number; afterMs: number } | undefined> {
  while (clock() < deadline) {
    const state = await stateOf(client, id);
    if (state?.state === "kept_out") return undefined;
    // A step is recorded before its weights are published: the time comes after the step.
    const { learned_at_step: step = null, learned_after_ms: afterMs = null } = state ?? {};
    if (step !== null && afterMs !== null) return { step, afterMs };
    await delay(LOOK_EVERY_MS);
  }
  return undefined;
}

/** @returns undefined while it is accepted, but not yet looked at */
async function stateOf(client: Client, id: string): Promise<FeedbackState | undefined> {
  const path = `/api/v1/feedback/${encodeURIComponent(id)}`;
  return (await client.find(path, FeedbackState))?.body;
}

async function firstAnswerThatKnows(
  steps: readonly Step[],
  step: number,
  deadline: number,
  clock: () => number,
): Promise<number | undefined> {
  for (;;) {
    const knew = steps.find(({ learnedThrough }) => learnedThrough >= step);
    if (knew) return knew.at;
    if (clock() >= deadline) return undefined;
    await delay(LOOK_EVERY_MS);
  }
}

/** The middle value; undefined of none. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
