import { setTimeout as delay } from "node:timers/promises";

import type { PredictionAnswer } from "@groundswell/contracts";

import type { Sample } from "./app.ts";
import type { Client } from "./client.ts";
import { makeMistake } from "./mistakes.ts";
import type { Act, Plan } from "./plan.ts";
import { tellWhatTheyDid } from "./visit.ts";

export interface Play {
  client: Client;
  model: string;
  samples: readonly Sample[];
  plan: Plan;
  /** Acts a second; slower where the platform is. */
  perSecond: number;
  /** Users that act at the same time. */
  atOnce?: number;
  /** How late the late ones are, in milliseconds. */
  lateMs?: number;
  /** UUIDs of version 7. */
  newId: () => string;
  clock: () => number;
  onAnswer?: (answer: PredictionAnswer, right: boolean) => void;
  onFeedback?: (feedback: PostedFeedback) => void;
  /** Stops early. */
  signal?: AbortSignal;
}

export interface PostedFeedback {
  id: string;
  subject: string;
  /** What came back for it: a status of its item, or none where the whole request was refused. */
  status: "accepted" | "rejected" | "unreadable";
}

export interface Played {
  predictions: number;
  right: number;
  accepted: number;
  /** Items that were refused one by one. */
  rejected: number;
  /** Requests that were refused whole. */
  unreadable: number;
  ms: number;
}

/** Carries a plan out: users side by side, the acts of each in their order. */
export async function playCrowd(play: Play): Promise<Played> {
  const { acts } = play.plan;
  const began = performance.now();
  const played: Played = {
    predictions: 0,
    right: 0,
    accepted: 0,
    rejected: 0,
    unreadable: 0,
    ms: 0,
  };
  const counted = { ...play, ...countInto(played, play) };
  const lastOf = new Map<string, Promise<void>>();
  const lingering: Promise<void>[] = [];
  let next = 0;

  async function actor(): Promise<void> {
    for (let at = next++; at < acts.length; at = next++) {
      const act = acts[at];
      if (!act || play.signal?.aborted) return;
      const wait = began + (1_000 * at) / play.perSecond - performance.now();
      if (wait > 0) await delay(wait);
      const before = lastOf.get(act.subject);
      const done = (before ?? Promise.resolve()).then(() => perform(counted, act, lingering));
      lastOf.set(act.subject, done);
      await done;
    }
  }
  await Promise.all(Array.from({ length: play.atOnce ?? 24 }, actor));
  await Promise.all(lingering);
  played.ms = performance.now() - began;
  return played;
}

async function perform(play: Play, act: Act, lingering: Promise<void>[]): Promise<void> {
  const { client, clock } = play;
  switch (act.kind) {
    case "agree":
      await client.consent(act.subject, true, new Date(clock()));
      return;
    case "withdraw":
      await client.consent(act.subject, false, new Date(clock()));
      return;
    case "mistake":
      play.onFeedback?.(await makeMistake(play, act));
      return;
    case "visit": {
      const late = await tellWhatTheyDid(play, act);
      if (late) lingering.push(late());
    }
  }
}

function countInto(played: Played, { onAnswer, onFeedback }: Play) {
  return {
    onAnswer(answer: PredictionAnswer, right: boolean) {
      played.predictions += 1;
      if (right) played.right += 1;
      onAnswer?.(answer, right);
    },
    onFeedback(feedback: PostedFeedback) {
      played[feedback.status] += 1;
      onFeedback?.(feedback);
    },
  };
}
