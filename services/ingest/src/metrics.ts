import type { Metrics } from "@groundswell/bootstrap";
import { Counter, Gauge } from "prom-client";

export function createIngestMetrics({ registry }: Metrics, pending: () => number) {
  return {
    accepted: new Counter({
      name: "groundswell_accepted_items_total",
      help: "Items that are on disk and acknowledged",
      registers: [registry],
    }),
    errors: new Counter({
      name: "groundswell_ingest_errors_total",
      help: "Things that failed",
      labelNames: ["what"] as const,
      registers: [registry],
    }),
    pending: new Gauge({
      name: "groundswell_accept_pending_requests",
      help: "Requests that wait for their commit group",
      registers: [registry],
      collect() {
        this.set(pending());
      },
    }),
  };
}
