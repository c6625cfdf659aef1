import { Queue } from "bullmq";
import { Redis } from "ioredis";

import type { Job, PayloadOf } from "./define-job.ts";
import { cleanInbox } from "./jobs/clean-inbox.ts";
import { trainModel } from "./jobs/train-model.ts";

/** Every kind of job there is. */
export const catalog = [cleanInbox, trainModel] as const;

export interface JobsOptions {
  /** Of every key in Redis. Services that share jobs share it. */
  prefix: string;
  /** Told of every failure to queue, and of lost connections. */
  onError?: (error: Error) => void;
}

export interface QueueDepth {
  name: string;
  waiting: number;
  active: number;
}

export interface Jobs {
  /**
   * Puts a job into its queue. Never throws and never waits for a Redis that is away: a job only
   * saves time, what there is to do is in PostgreSQL and sweepers find it there.
   *
   * @returns whether it was queued
   */
  enqueue: <J extends Job>(job: J, payload: PayloadOf<J>) => Promise<boolean>;
  /** @throws Error where Redis does not answer */
  depths: () => Promise<QueueDepth[]>;
  close: () => Promise<void>;
}

/** More unanswered commands than this mean that Redis hangs: further jobs are left to the sweepers. */
const MOST_UNANSWERED = 1_000;
const ANSWER_WITHIN_MS = 2_000;

/** How long a finished job can be looked at. */
const KEPT_JOBS = { age: 3_600, count: 1_000 };

export function connectJobs(redisUrl: string, { prefix, onError }: JobsOptions): Jobs {
  const report = onError ?? (() => {});
  // Without the first two a command waits for Redis to come back, and whoever sent it with it.
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    commandTimeout: ANSWER_WITHIN_MS,
    maxRetriesPerRequest: null,
  });
  redis.on("error", report);
  const queues = new Map<string, Queue>(
    catalog.map(({ name }) => [name, openQueue(name, redis, prefix, report)]),
  );
  let unanswered = 0;

  return {
    async enqueue(job, payload) {
      const queue = queues.get(job.name);
      if (!queue) throw new Error(`${job.name} is not in the catalog of jobs`);
      if (unanswered >= MOST_UNANSWERED) return false;
      unanswered += 1;
      try {
        await queue.add(job.name, job.payload.parse(payload), {
          attempts: job.attempts,
          backoff: { type: "exponential", delay: job.backoffMs },
          removeOnComplete: true,
          removeOnFail: KEPT_JOBS,
        });
        return true;
      } catch (error) {
        report(error instanceof Error ? error : new Error(String(error)));
        return false;
      } finally {
        unanswered -= 1;
      }
    },
    depths: () =>
      Promise.all(
        [...queues.values()].map(async (queue) => {
          const counts = await queue.getJobCounts("wait", "prioritized", "delayed", "active");
          const { wait = 0, prioritized = 0, delayed = 0, active = 0 } = counts;
          return { name: queue.name, waiting: wait + prioritized + delayed, active };
        }),
      ),
    close: async () => {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      redis.disconnect();
    },
  };
}

function openQueue(
  name: string,
  redis: Redis,
  prefix: string,
  report: (error: Error) => void,
): Queue {
  const queue = new Queue(name, {
    prefix,
    connection: redis,
    skipWaitingForReady: true,
    skipVersionCheck: true,
  });
  queue.on("error", report);
  return queue;
}
