import type { Metrics } from "@groundswell/bootstrap";
import { Counter } from "prom-client";

export function createWorkerMetrics({ registry }: Metrics) {
  return {
    items: new Counter({
      name: "groundswell_cleaned_items_total",
      help: "Items of the inbox that were processed",
      registers: [registry],
    }),
    errors: new Counter({
      name: "groundswell_worker_errors_total",
      help: "Things that failed; most are tried again",
      labelNames: ["what"] as const,
      registers: [registry],
    }),
  };
}
