import { z } from "zod";

/** The environment of this service. */
export const Config = z.object({
  DATABASE_URL: z.url(),
  REDIS_URL: z.url(),
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
  /** Reads `/metrics` from another machine, as a bearer token; without it only this one may. */
  METRICS_KEY: z.string().min(16).optional(),
  /** Under which jobs and channels are named, so that several installations can share one Redis. */
  QUEUE_PREFIX: z.string().min(1).default("groundswell"),
  /** How long feedback waits for its prediction before it is given up. */
  UNMATCHED_AFTER_HOURS: z.coerce.number().positive().default(24),
  /** Days that are kept. Accepted batches hold user ids: they go first. */
  INBOX_DAYS: z.coerce.number().int().min(1).default(2),
  EVENT_DAYS: z.coerce.number().int().min(1).default(400),
  PREDICTION_DAYS: z.coerce.number().int().min(1).default(180),
});
export type Config = z.infer<typeof Config>;
