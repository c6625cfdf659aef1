import { type Job as QueuedJob, UnrecoverableError, Worker } from "bullmq";

import type { Job, PayloadOf } from "./define-job.ts";

export interface Attempt {
  /** Aborts after the job's `timeoutMs`, and when the worker closes without waiting. */
  signal: AbortSignal;
  /** From 1. */
  number: number;
}

/** Does a job. It may be given the same one again: twice must be the same as once. Throws only where a retry may help. */
export type Handler<J extends Job> = (payload: PayloadOf<J>, attempt: Attempt) => Promise<void>;

/** A handler for each of the jobs: one that is missing does not compile. */
export type Handlers<Defined extends Record<string, Job>> = {
  [Key in keyof Defined]: Handler<Defined[Key]>;
};

export interface DeadJob {
  name: string;
  payload: unknown;
  attempts: number;
  error: Error;
}

export interface RunOptions {
  redisUrl: string;
  prefix: string;
  /** Jobs of each kind at once. */
  concurrency: number;
  /** After the last try. */
  onDead?: (job: DeadJob) => void;
  onError?: (error: Error) => void;
}

export interface RunningWorker {
  /** Takes no more jobs, and waits for those under way. */
  close: () => Promise<void>;
}

/** A worker that stalls was likely starved for a moment, not killed: a job survives that thrice. */
const MOST_STALLED = 3;
const LOCK_MS = 30_000;

/** Takes jobs from their queues for as long as the process lives, through losses of Redis. */
export function runWorker<Defined extends Record<string, Job>>(
  jobs: Defined,
  handlers: Handlers<Defined>,
  options: RunOptions,
): RunningWorker {
  const workers = Object.keys(jobs).map((key) => {
    const job = jobs[key] as Defined[string];
    return startOne(job, handlers[key] as Handler<typeof job>, options);
  });
  return {
    close: async () => {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

function startOne<J extends Job>(job: J, handler: Handler<J>, options: RunOptions): Worker {
  const worker = new Worker(
    job.name,
    async (queued: QueuedJob) => {
      const parsed = job.payload.safeParse(queued.data);
      if (!parsed.success) throw new UnrecoverableError(`payload: ${parsed.error.message}`);
      await handler(parsed.data as PayloadOf<J>, {
        signal: AbortSignal.timeout(job.timeoutMs),
        number: queued.attemptsMade + 1,
      });
    },
    {
      prefix: options.prefix,
      connection: { url: options.redisUrl, maxRetriesPerRequest: null },
      skipVersionCheck: true,
      concurrency: options.concurrency,
      maxStalledCount: MOST_STALLED,
      lockDuration: LOCK_MS,
    },
  );
  // Unlistened, an error event would end the process; Redis that restarts empty makes some.
  worker.on("error", (error) => options.onError?.(error));
  worker.on("failed", (queued, error) => {
    if (!queued) return;
    const { attemptsMade } = queued;
    const dead = attemptsMade >= job.attempts || error instanceof UnrecoverableError;
    if (dead)
      options.onDead?.({ name: job.name, payload: queued.data, attempts: attemptsMade, error });
    else options.onError?.(error);
  });
  return worker;
}
