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
  QUEUE_PREFIX: z.string().min(1).default("groundswell"),
  /** Of one training run. Bits are the same only for the same number. */
  TRAINING_THREADS: z.coerce.number().int().min(1).max(256).default(2),
  /** Of the whole process: what serves people comes first where they share cores. */
  NICENESS: z.coerce.number().int().min(0).max(19).default(10),
  /** Where models train, e.g. "cuda,cpu": the first that this machine has. */
  PROVIDERS: z
    .string()
    .default("cpu")
    .transform((list) => list.split(",").map((name) => name.trim()))
    .pipe(z.array(z.enum(PROVIDERS)).min(1)),
});
export type Config = z.infer<typeof Config>;
