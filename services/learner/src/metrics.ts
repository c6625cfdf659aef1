import type { Metrics } from "@groundswell/bootstrap";
import { Counter, Gauge, Histogram } from "prom-client";

export type LearnerMetrics = ReturnType<typeof createLearnerMetrics>;

export function createLearnerMetrics({ registry }: Metrics) {
  const registers = [registry];
  return {
    models: new Gauge({
      name: "groundswell_learner_models",
      help: "Models that this process holds",
      registers,
    }),
    examples: new Counter({
      name: "groundswell_learned_examples_total",
      help: "Examples that were learned online",
      registers,
    }),
    steps: new Counter({
      name: "groundswell_learning_steps_total",
      help: "Steps of online learning",
      registers,
    }),
    learning: new Histogram({
      name: "groundswell_learning_seconds",
      help: "Arithmetic of what was taken at once",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    }),
    publications: new Counter({
      name: "groundswell_weight_publications_total",
      help: "Frames of weights that were published",
      labelNames: ["kind"] as const,
      registers,
    }),
    unpublished: new Counter({
      name: "groundswell_weight_publications_failed_total",
      help: "Frames of weights that Redis did not take",
      registers,
    }),
    failures: new Counter({
      name: "groundswell_learner_failures_total",
      help: "Models put down because of an error; they are taken up again from their record",
      registers,
    }),
  };
}
