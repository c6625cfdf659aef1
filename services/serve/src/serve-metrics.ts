import type { Metrics } from "@groundswell/bootstrap";
import { Counter, Gauge, Histogram } from "prom-client";

/** What serving counts besides its requests. */
export interface ServeMetrics {
  /** Answered, and never stored. */
  lost: (rows: number) => void;
  frame: (what: string) => void;
  trouble: () => void;
  batch: (size: number) => void;
  /** A model was loaded, and not on this provider, which was wanted before others. */
  fallback: (provider: string) => void;
}

export function createServeMetrics(
  { registry }: Metrics,
  measured: { logPending: () => number; decodingWaits: () => number },
): ServeMetrics {
  const registers = [registry];
  const lost = new Counter({
    name: "serve_predictions_lost_total",
    help: "Predictions that were answered and could not be stored",
    registers,
  });
  const frames = new Counter({
    name: "serve_frames_total",
    help: "Frames of weights, by what became of them",
    labelNames: ["what"] as const,
    registers,
  });
  const troubles = new Counter({
    name: "serve_load_failures_total",
    help: "Versions, checkpoints and frames that could not be taken",
    registers,
  });
  const batches = new Histogram({
    name: "serve_batch_size",
    help: "Predictions of one run of the model",
    buckets: [1, 2, 4, 8, 16, 32, 64],
    registers,
  });
  const fallbacks = new Counter({
    name: "serve_provider_fallbacks_total",
    help: "Models that were loaded on another provider than was wanted, by the one passed over",
    labelNames: ["provider"] as const,
    registers,
  });
  new Gauge({
    name: "serve_log_pending",
    help: "Predictions that wait to be stored",
    registers,
    collect() {
      this.set(measured.logPending());
    },
  });
  new Gauge({
    name: "serve_decoding_waiting",
    help: "Requests whose inputs wait to be decoded",
    registers,
    collect() {
      this.set(measured.decodingWaits());
    },
  });
  return {
    lost: (rows) => lost.inc(rows),
    frame: (what) => frames.labels(what).inc(),
    trouble: () => troubles.inc(),
    batch: (size) => batches.observe(size),
    fallback: (provider) => fallbacks.labels(provider).inc(),
  };
}
