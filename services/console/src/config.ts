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
  /** Under which jobs and channels are named, so that several installations can share one Redis. */
  QUEUE_PREFIX: z.string().min(1).default("groundswell"),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
});
