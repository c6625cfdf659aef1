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
  /** Under which jobs are named, so that several installations can share one Redis. */
  QUEUE_PREFIX: z.string().min(1).default("groundswell"),
  /** Items that one key may post in a minute, counted by each process for itself. */
  INGEST_PER_MINUTE: z.coerce.number().int().positive().default(600_000),
  /** How long the first request of a commit group waits for others. */
  INGEST_LINGER_MS: z.coerce.number().min(0).max(1_000).default(2),
});
export type Config = z.infer<typeof Config>;
