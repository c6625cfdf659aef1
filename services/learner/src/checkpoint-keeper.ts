import { addCheckpoint, listCheckpoints, removeCheckpoints } from "@groundswell/db";

import { keptCheckpoints } from "./kept-checkpoints.ts";
import type { LearnerParts } from "./model-learner.ts";

/** Writes checkpoints beside the learning. */
export interface CheckpointKeeper {
  /** Begins one where it is time; the bytes are taken before this returns, the disk is not waited for. */
  keepUp: (step: number) => Promise<void>;
  /** Writes one now, unless this step has one, and waits for it. */
  write: (step: number) => Promise<void>;
  /** Waits for the one under way. */
  settle: () => Promise<void>;
}

/** A large model is written less often: at most this share of the time goes into it. */
const MOST_SHARE = 0.1;

/** @param saved the step of the newest checkpoint that there is */
export function createCheckpointKeeper(parts: LearnerParts, saved: number): CheckpointKeeper {
  const { artifacts, checkpointEveryMs, clock, database, hold, numericClass, thread } = parts;
  const { projectId, modelId } = hold;
  let savedStep = saved;
  let dueAt = performance.now() + checkpointEveryMs;
  let writing: Promise<void> = Promise.resolve();
  let busy = false;

  const store = async (step: number, bytes: Uint8Array) => {
    const began = performance.now();
    const artifact = await artifacts.put(projectId, bytes);
    await addCheckpoint(database, hold, { step, artifact, numericClass, now: clock() });
    savedStep = Math.max(savedStep, step);
    const took = performance.now() - began;
    dueAt = performance.now() + Math.max(checkpointEveryMs, took / MOST_SHARE);
    await thinOut();
  };
  const thinOut = async () => {
    const all = (await listCheckpoints(database, { projectId, modelId })).map(({ step }) => step);
    const kept = new Set(keptCheckpoints(all));
    const unused = await removeCheckpoints(
      database,
      { projectId, modelId },
      all.filter((step) => !kept.has(step)),
    );
    for (const sha256 of unused) await artifacts.remove(projectId, sha256);
  };
  const begin = async () => {
    const { step, bytes } = await thread.call("save", null);
    busy = true;
    writing = store(step, bytes).finally(() => {
      busy = false;
    });
    // Whoever settles hears of a failure; until then it must not end the process.
    writing.catch(() => {});
  };

  return {
    async keepUp(step) {
      if (busy || step === savedStep || performance.now() < dueAt) return;
      await writing;
      await begin();
    },
    async write(step) {
      await writing;
      if (step === savedStep) return;
      await begin();
      await writing;
    },
    settle: () => writing,
  };
}
