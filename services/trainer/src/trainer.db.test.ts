import { platform } from "node:process";

import { createMetrics } from "@groundswell/bootstrap";
import { testEnv } from "@groundswell/local/testing";
import { decodeWeights } from "@groundswell/training";
import { afterAll, beforeAll, expect, test } from "vitest";

import type { Trainer } from "./index.ts";
import { openTrainingWorld, type Row } from "./training-world.ts";

/** Of another operating system: training falls back to the CPU. */
const missing = platform === "darwin" ? "dml" : "coreml";
const metrics = createMetrics({ service: "trainer" });
let world: ReturnType<typeof openTrainingWorld>;
let trainer: Trainer;
beforeAll(async () => {
  world = openTrainingWorld(await testEnv());
  trainer = world.trainer({ metrics, providers: [missing, "cpu"] });
});
afterAll(async () => {
  await trainer.close();
  await world.close();
});

const rows = (count: number, row: Row) => Array.from({ length: count }, () => row);
const enough = [
  ...rows(80, { split: "train" }),
  ...rows(20, { split: "validation" }),
  ...rows(40, { split: "exam" }),
];

test("a run trains a candidate that passes its gate, and says what it learned from", async () => {
  const model = await world.newModel();
  const seqs = await world.addRows(model, enough);
  await world.addStep(model, 1, seqs.slice(0, 100));
  const run = await world.startRun(model);
  const ended = await world.ended(run);

  expect(ended).toMatchObject({
    status: "succeeded",
    version: 2,
    error: null,
    dataset: { train: 80, validation: 20, exam: 40, cut_at_step: 1 },
    gate: { passed: true, candidate: { value: 1, n: 40 } },
    progress: { phase: "done", epochs: 8 },
  });
  const version = await model.registry.findVersion(model.modelId, 2);
  expect(version).toMatchObject({ kind: "batch", status: "passed", parent: 1, learnedThrough: 1 });
  expect(version?.lineage).toMatchObject({
    seed: 1,
    data: { train: { count: 80, first_seq: seqs[0], last_seq: seqs[79] }, cut_at_step: 1 },
  });
  // A provider that isn't there is passed over, counted, and not what the version says.
  expect(version?.lineage).toMatchObject({
    trained: { provider: "cpu" },
    numeric_class: expect.stringMatching(/threads 1$/) as string,
  });
  expect(await metrics.registry.metrics()).toContain(
    `training_provider_fallbacks_total{provider="${missing}"`,
  );
  const artifact = await world.artifacts.get(model.projectId, version?.artifact.sha256 ?? "");
  expect(decodeWeights(artifact).settings.classes).toEqual(["left", "right"]);
  const events = await world.eventsOf(run);
  expect(events.at(0)).toEqual({ type: "status", status: "queued" });
  expect(events.at(-1)).toEqual({ type: "status", status: "succeeded" });
  expect(events.some((event) => event.type === "gate" && event.version === 2)).toBe(true);
});

test("no consent, no learning: a data set holds nobody who withdrew, and no older value", async () => {
  const model = await world.newModel();
  const seqs = await world.addRows(model, [
    ...enough,
    ...rows(10, { split: "train", agrees: false }),
    ...rows(10, { split: "train", excluded: true }),
    ...rows(5, { split: "exam", agrees: false }),
  ]);
  await world.addStep(model, 1, [...seqs.slice(0, 100), ...seqs.slice(140, 160)]);
  const ended = await world.ended(await world.startRun(model));
  expect(ended.dataset).toMatchObject({ train: 80, validation: 20, exam: 40 });
});

test("only what a step took is in the data set", async () => {
  const model = await world.newModel();
  const seqs = await world.addRows(model, enough);
  await world.addStep(model, 1, seqs.slice(0, 50));
  const ended = await world.ended(await world.startRun(model));
  expect(ended.dataset).toMatchObject({ train: 50, validation: 0, exam: 40 });
});

test("a candidate that is not good enough is registered as refused", async () => {
  const model = await world.newModel({ min_accuracy: 1.1 });
  const seqs = await world.addRows(model, enough);
  await world.addStep(model, 1, seqs.slice(0, 100));
  const ended = await world.ended(await world.startRun(model));
  expect(ended).toMatchObject({ status: "succeeded", gate: { passed: false } });
  expect(await model.registry.findVersion(model.modelId, 2)).toMatchObject({ status: "refused" });
  expect(await model.registry.findAlias(model.modelId, "champion")).toMatchObject({ version: 1 });
});

test("too little to learn from, or a config that is none, fails with words for a person", async () => {
  const model = await world.newModel();
  const seqs = await world.addRows(model, rows(5, { split: "train" }));
  await world.addStep(model, 1, seqs);
  const ended = await world.ended(await world.startRun(model));
  expect(ended).toMatchObject({ status: "failed", version: null, attempts: 1 });
  expect(ended.error).toContain("5 examples to train on, 20 are the least");

  const other = await world.newModel();
  await world.addStep(other, 1, (await world.addRows(other, enough)).slice(0, 100));
  const refused = await world.ended(await world.startRun(other, { epochs: "many" }));
  expect(refused).toMatchObject({ status: "failed" });
  expect(refused.error).toContain("epochs");
});

test("a cancelled run stops while it computes and leaves no version", async () => {
  const model = await world.newModel();
  const seqs = await world.addRows(model, enough);
  await world.addStep(model, 1, seqs.slice(0, 100));
  const run = await world.startRun(model, { epochs: 1_000, patience: 1_000 });
  for (;;) {
    const now = await world.run(run);
    if (now?.progress?.phase === "training" && now.progress.epoch > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await world.worker.query("update training_runs set cancel_requested = true where run_id = $1", [
    run.runId,
  ]);
  expect(await world.ended(run)).toMatchObject({ status: "cancelled", version: null });
  expect(await model.registry.findVersion(model.modelId, 2)).toBeUndefined();
});

test("a run whose trainer died is taken over; one that kills its trainers is given up", async () => {
  const model = await world.newModel();
  const seqs = await world.addRows(model, enough);
  await world.addStep(model, 1, seqs.slice(0, 100));
  const abandon = (runId: string, attempts: number) =>
    world.worker.query(
      `update training_runs set status = 'running', attempts = $2, lease_holder = 'dead',
         leased_until = now() - interval '1 second' where run_id = $1`,
      [runId, attempts],
    );
  await trainer.close();
  const run = await world.startRun(model);
  await abandon(run.runId, 1);
  trainer = world.trainer();
  expect(await world.ended(run)).toMatchObject({ status: "succeeded", attempts: 2 });

  await trainer.close();
  const deadly = await world.startRun(model);
  await abandon(deadly.runId, 3);
  trainer = world.trainer();
  const ended = await world.ended(deadly);
  expect(ended).toMatchObject({ status: "failed" });
  expect(ended.error).toContain("Gave up");
});

test("what was learned online while the run trained is not forgotten", async () => {
  const model = await world.newModel();
  const seqs = await world.addRows(model, enough);
  await world.addStep(model, 1, seqs.slice(0, 60));
  const run = await world.startRun(model, { epochs: 400, patience: 400 });
  for (;;) {
    const now = await world.run(run);
    if (now?.progress?.phase === "training") break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await world.addStep(model, 2, seqs.slice(60, 70));
  await world.addStep(model, 3, []);
  expect(await world.ended(run)).toMatchObject({
    status: "succeeded",
    dataset: { train: 60, cut_at_step: 1 },
  });
  expect(await model.registry.findVersion(model.modelId, 2)).toMatchObject({ learnedThrough: 3 });
});
