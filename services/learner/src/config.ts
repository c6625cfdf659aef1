import { z } from "zod";

/** The environment of this service. */
export const Config = z.object({
  DATABASE_URL: z.url(),
  REDIS_URL: z.url(),
  /** Folder of the artifact store. */
  ARTIFACTS: z.string().min(1),
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).default("info"),
  /** Reads `/metrics` from another machine, as a bearer token; without it only this one may. */
  METRICS_KEY: z.string().min(16).optional(),
  /** Under which channels are named, so that several installations can share one Redis. */
  QUEUE_PREFIX: z.string().min(1).default("groundswell"),
  /** Between two checkpoints of a model that learns: what a crash has to learn again. */
  CHECKPOINT_EVERY_MS: z.coerce.number().int().min(1).default(3_000),
  /** How long a learner that died is waited for. */
  LEASE_MS: z.coerce.number().int().min(1_000).default(10_000),
  /** A model with nothing new for this long is put away. */
  IDLE_MS: z.coerce.number().int().min(1_000).default(600_000),
  /** Priority of the process, as in nice(1): what answers requests goes first. */
  NICENESS: z.coerce.number().int().min(0).max(19).default(0),
});
export type Config = z.infer<typeof Config>;
