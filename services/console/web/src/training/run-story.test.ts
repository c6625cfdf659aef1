import type { RunEvent, RunProgress } from "@groundswell/contracts";
import { expect, test } from "vitest";

import { completed, isOpen, tell, UNTOLD } from "./run-story.ts";

const progress = (epoch: number, loss: number | null): RunProgress => ({
  phase: "training",
  epoch,
  epochs: 20,
  loss,
  validation_loss: loss && loss + 0.1,
  validation_accuracy: null,
  elapsed_ms: 10,
  eta_ms: 20,
});
const events: RunEvent[] = [
  { type: "status", status: "running" },
  { type: "progress", progress: progress(0, null) },
  { type: "progress", progress: progress(1, 2) },
  { type: "progress", progress: progress(2, 1) },
];

test("events become a curve, and telling them again changes nothing", () => {
  const once = events.reduce(tell, UNTOLD);
  expect(once.epochs).toEqual([
    { epoch: 1, loss: 2, validationLoss: 2.1 },
    { epoch: 2, loss: 1, validationLoss: 1.1 },
  ]);
  expect(once.status).toBe("running");
  expect(events.reduce(tell, once)).toEqual(once);
});

test("a run only ever goes forward", () => {
  const phases = (
    ["dataset", "training", "catching-up", "exam", "registering", "done"] as const
  ).map((phase) => completed({ ...progress(20, 1), phase }));
  expect(phases).toEqual(phases.toSorted((a, b) => a - b));
  expect(completed(progress(5, 1))).toBeLessThan(completed(progress(6, 1)));
  expect([isOpen("queued"), isOpen("running"), isOpen("cancelled")]).toEqual([true, true, false]);
});
