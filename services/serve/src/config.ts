import { PROVIDERS } from "@groundswell/onnx";
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
  /** Models that are held ready to answer; the one asked longest ago makes room. */
  MODELS_LOADED: z.coerce.number().int().min(1).default(32),
  /** Versions that are held frozen because somebody asked for them by number. */
  PINNED_LOADED: z.coerce.number().int().min(1).default(4),
  /** Pictures and texts that are decoded at the same time. */
  DECODING: z.coerce.number().int().min(1).default(4),
  /** Predictions that may wait to be stored before answers wait for them. */
  LOG_PENDING: z.coerce.number().int().min(1).default(20_000),
  /** Where models run, e.g. "cuda,cpu": the first that this machine has. */
  PROVIDERS: z
    .string()
    .default("cpu")
    .transform((list) => list.split(",").map((name) => name.trim()))
    .pipe(z.array(z.enum(PROVIDERS)).min(1)),
});
export type Config = z.infer<typeof Config>;
