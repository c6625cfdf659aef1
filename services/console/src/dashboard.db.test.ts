import { randomUUID } from "node:crypto";

import { uuid7Generator } from "@groundswell/contracts";
import { addToTallies, createRegistry, insertPredictions, withProject } from "@groundswell/db";
import { NO_MODEL } from "@groundswell/feedback";
import { beforeEach, describe, expect, test } from "vitest";

import { DIGITS, newProject, testConsole, type TestProject } from "./testing.ts";

let now = Date.now();
const { ask: askAs, worker, maintenance, request } = await testConsole({ clock: () => now });
const newId = uuid7Generator(() => now);

let project: TestProject;
let modelId: string;
const ask = (path: string) => askAs("GET", path, { key: project.secret });

beforeEach(async () => {
  project = await newProject(maintenance);
  const put = { key: project.secret, body: DIGITS };
  modelId = (await askAs("PUT", "/api/v1/models/digits", put)).body.id;
});

const at = (msAgo: number) => new Date(now - msAgo);

async function predict(change: { pinned?: boolean; input?: Buffer; latencyMs?: number } = {}) {
  const predictionId = newId();
  await insertPredictions(worker, [
    {
      projectId: project.projectId,
      predictionId,
      modelId,
      version: 1,
      learnedThrough: 0,
      pinned: false,
      subjectId: randomUUID(),
      input: Buffer.alloc(16, 7),
      output: { label: "one", probability: 0.75, classes: [] },
      latencyMs: 2,
      createdAt: new Date(now),
      ...change,
    },
  ]);
  return predictionId;
}

interface FeedbackRow {
  id: string;
  predictionId: string;
  state: "waiting" | "joined" | "kept_out";
  value?: boolean | string;
  reason?: string;
  correction?: string;
  right?: boolean;
  scoredAt?: Date;
  wins?: boolean;
  seq?: number;
}

/** As the worker leaves it. */
async function feedback(row: FeedbackRow): Promise<void> {
  await worker.query(
    `insert into feedback (project_id, feedback_id, value_hash, prediction_id, metric, value,
       correction, occurred_at, received_at, inbox_id, item, state, reason, model_id, ledger_seq,
       scored_right, scored_at, wins)
     values ($1, $2, gen_random_uuid(), $3, 'correct', $4, $5, $6, $6, 1, 0, $7, $8, $9, $10, $11, $12, $13)`,
    [
      project.projectId,
      row.id,
      row.predictionId,
      JSON.stringify(row.value ?? true),
      row.correction ?? null,
      at(1_000),
      row.state,
      row.reason ?? null,
      row.state === "waiting" ? null : modelId,
      row.seq ?? null,
      row.right ?? null,
      row.right === undefined ? null : (row.scoredAt ?? at(500)),
      row.wins ?? true,
    ],
  );
}

async function example(feedbackId: string, predictionId: string, split = "train"): Promise<number> {
  const [row] = await worker.query<{ seq: number }>(
    `insert into ledger (project_id, model_id, kind, subject_id, split, feedback_id, prediction_id,
       input, target, weight, accepted_at, created_at)
     values ($1, $2, 'example', gen_random_uuid(), $3, $4, $5, '\\x00', 'one', 1, $6, $6)
     returning seq`,
    [project.projectId, modelId, split, feedbackId, predictionId, at(1_000)],
  );
  return row?.seq ?? 0;
}

async function exclude(seq: number, kind: "withdraw" | "supersede"): Promise<void> {
  await worker.query(
    `with entry as (
       insert into ledger (project_id, model_id, kind, subject_id, refers_to, created_at)
       values ($1, $2, $4, gen_random_uuid(), $3, now()) returning seq
     )
     update ledger set excluded_by = entry.seq from entry
     where project_id = $1 and model_id = $2 and ledger.seq = $3`,
    [project.projectId, modelId, seq, kind],
  );
}

async function step(
  number: number,
  took: number[],
  { base = null, msAgo = 900 }: { base?: number | null; msAgo?: number } = {},
): Promise<void> {
  await worker.query(
    `insert into steps (project_id, model_id, step, fence, base_version, took, dropped, entries,
       first_seq, last_seq, recorded_at)
     values ($1, $2, $3, 1, $4, $5, '{}', '{}', $6, $7, $8)`,
    [
      project.projectId,
      modelId,
      number,
      base,
      took,
      took.length > 0 ? Math.min(...took) : null,
      took.length > 0 ? Math.max(...took) : null,
      at(msAgo),
    ],
  );
}

const publish = (number: number, msAgo: number) =>
  worker.query("insert into publications values ($1, $2, $3, $4)", [
    project.projectId,
    modelId,
    number,
    at(msAgo),
  ]);

describe("GET /api/v1/feedback/:id", () => {
  const state = async (id: string) => (await ask(`/api/v1/feedback/${id}`)).body;

  test("tells each state, and why", async () => {
    const predictionId = await predict();
    await feedback({ id: "waits", predictionId: randomUUID(), state: "waiting" });
    await feedback({ id: "refused", predictionId, state: "kept_out", reason: "no_consent" });
    expect(await state("waits")).toMatchObject({ state: "waiting", reason: null, value: true });
    expect(await state("refused")).toMatchObject({ state: "kept_out", reason: "no_consent" });

    const exam = await example("exam", predictionId, "exam");
    await feedback({ id: "exam", predictionId, state: "joined", seq: exam });
    expect(await state("exam")).toMatchObject({ state: "kept_out", reason: "held_out" });

    const seq = await example("taught", predictionId);
    await feedback({ id: "taught", predictionId, state: "joined", seq, correction: "nought" });
    expect(await state("taught")).toMatchObject({ state: "joined", learned_at_step: null });
    await step(4, [seq]);
    expect(await state("taught")).toMatchObject({
      state: "learned",
      learned_at_step: 4,
      learned_after_ms: null,
      correction: "nought",
    });
    await publish(5, 800);
    expect(await state("taught")).toMatchObject({ learned_after_ms: 200 });
    await exclude(seq, "withdraw");
    expect(await state("taught")).toMatchObject({
      state: "kept_out",
      reason: "consent_withdrawn",
    });
  });

  test("was learned when it was learned first, not when a new champion took it up again", async () => {
    const predictionId = await predict();
    const seqs = [await example("early", predictionId), await example("later", predictionId)];
    await feedback({ id: "early", predictionId, state: "joined", seq: seqs[0] ?? 0 });
    await step(1, seqs);
    await publish(1, 900);
    await step(2, [], { base: 1, msAgo: 300 });
    await step(3, seqs.slice(0, 1), { msAgo: 300 });
    await publish(3, 200);
    expect(await state("early")).toMatchObject({ learned_at_step: 1, learned_after_ms: 100 });
  });

  test("is the value that counts, by an id of any characters; an unknown one is 404", async () => {
    const predictionId = await predict();
    const id = "a/b c%?é";
    await feedback({ id, predictionId, state: "joined", value: "last" });
    const lost = { reason: "superseded", value: "first", wins: false };
    await feedback({ id, predictionId, state: "kept_out", ...lost });
    expect(await state(encodeURIComponent(id))).toMatchObject({ id, value: "last" });
    const unknown = await ask("/api/v1/feedback/unknown");
    expect(unknown).toMatchObject({ status: 404, body: { code: "FEEDBACK_NOT_FOUND" } });
    const other = await newProject(maintenance);
    const path = `/api/v1/feedback/${encodeURIComponent(id)}`;
    expect((await askAs("GET", path, { key: other.secret })).status).toBe(404);
  });
});

describe("GET /api/v1/models/:model/live", () => {
  test("shows the newest pictures first, with what users did, without asked-for versions", async () => {
    const first = await predict();
    await predict({ pinned: true });
    const second = await predict({ input: Buffer.from([...Array(16).keys()]) });
    const seq = await example("f", second);
    await feedback({
      id: "f",
      predictionId: second,
      state: "joined",
      value: false,
      correction: "nought",
      seq,
    });
    await step(1, [seq]);
    await publish(1, 100);
    const { body } = await ask("/api/v1/models/digits/live");
    expect(body.data).toMatchObject([
      {
        prediction_id: second,
        picture: { width: 4, height: 4, b64: "AAECAwQFBgcICQoLDA0ODw==" },
        text: null,
        label: "one",
        probability: 0.75,
        feedback: { value: false, correction: "nought", state: "learned", learned_after_ms: 900 },
      },
      { prediction_id: first, feedback: null },
    ]);
    expect((await ask("/api/v1/models/digits/live?limit=1")).body.data).toHaveLength(1);
    expect((await ask("/api/v1/models/digits/live?limit=51")).status).toBe(400);
  });

  test("shows texts as texts", async () => {
    const body = { recipe: "text-classifier", classes: ["a", "b"], config: { buckets: 1_024 } };
    const made = await askAs("PUT", "/api/v1/models/intents", { key: project.secret, body });
    modelId = made.body.id;
    await predict({ input: Buffer.from("où est ma carte? 信用卡") });
    const live = await ask("/api/v1/models/intents/live");
    expect(live.body.data).toMatchObject([{ picture: null, text: "où est ma carte? 信用卡" }]);
  });
});

describe("GET /api/v1/models/:model/overview", () => {
  const overview = async () => {
    now += 1_000; // an answer is kept for less
    return (await ask("/api/v1/models/digits/overview")).body;
  };

  test("of a model that nobody has asked yet is all nothing", async () => {
    expect(await overview()).toMatchObject({
      accepted: { per_second: 0, items: 0, total: 0 },
      predictions: { per_second: 0, total: 0, p50_ms: null, p99_ms: null },
      learned: { per_second: 0, total: 0, step: 0, p50_ms: null, p99_ms: null },
      feedback_total: 0,
      kept_out: [],
      progressive: null,
      progressive_curve: [],
      queues: { inbox_items: 0, inbox_oldest_s: null, ledger: 0, waiting: 0 },
    });
  });

  test("counts what came in, what was predicted, and what waits", async () => {
    const { projectId } = project;
    for (const [processed, items] of [
      [null, 3],
      [at(0), 4],
    ] as const)
      await maintenance.query(
        `insert into inbox (project_id, received_at, items, processed_at, body)
         values ($1, $2, $3, $4, '\\x00')`,
        [projectId, at(2_000), items, processed],
      );
    const counted = [
      { what: "accepted" as const, model: NO_MODEL, n: 4 },
      { what: "malformed" as const, model: NO_MODEL, n: 1 },
      { what: "feedback" as const, model: modelId, n: 10 },
      { what: "no_consent" as const, model: modelId, n: 2 },
      { what: "example" as const, model: modelId, n: 8 },
    ];
    const tallies = counted.map(({ what, model, n }) => ({ projectId, modelId: model, what, n }));
    await addToTallies(worker, tallies, at(0));
    await addToTallies(worker, tallies.slice(-3), at(86_400_000));
    for (const latencyMs of [1, 2, 3]) await predict({ latencyMs });
    await feedback({ id: "w", predictionId: randomUUID(), state: "waiting" });

    const first = await overview();
    expect(first).toMatchObject({
      window_s: 30,
      accepted: { per_second: 7 / 30, items: 7, total: 7 },
      predictions: { per_second: 3 / 30, total: 3, p50_ms: 2 },
      feedback_total: 20,
      kept_out: [
        { reason: "no_consent", count: 4 },
        { reason: "malformed", count: 1 },
      ],
      queues: { inbox_items: 3, waiting: 1, quarantine: 0, dead_letters: 0 },
    });
    expect(first.queues.inbox_oldest_s).toBeCloseTo(3);

    // Later, most of it is settled and not read again; what is new is still counted.
    now += 6 * 60_000;
    await overview();
    await predict();
    await addToTallies(worker, tallies.slice(3, 4), at(0));
    expect(await overview()).toMatchObject({
      accepted: { items: 0, total: 7 },
      predictions: { total: 4 },
      kept_out: [{ reason: "no_consent", count: 6 }, { reason: "malformed" }],
    });
  });

  test("follows progressive accuracy along the stream, with its interval", async () => {
    await worker.query(
      `insert into feedback (project_id, feedback_id, value_hash, prediction_id, metric, value,
         occurred_at, received_at, inbox_id, item, state, model_id, scored_right, scored_at)
       select $1, 'f' || i, gen_random_uuid(), gen_random_uuid(), 'correct', 'true', $3, $3, 1, i,
         'kept_out', $2, i > 600, $3::timestamptz + i * interval '1 ms'
       from generate_series(1, 1200) i`,
      [project.projectId, modelId, at(200_000)],
    );
    const { progressive, progressive_curve: curve } = await overview();
    expect(progressive).toMatchObject({ value: 1, n: 500 });
    expect(progressive.low).toBeGreaterThan(0.98);
    expect(curve.at(0)).toMatchObject({ n: 40, accuracy: { value: 0, n: 40 } });
    expect(curve.find(({ n }: { n: number }) => n === 840).accuracy).toMatchObject({ value: 0.48 });
    expect(curve.at(-1)).toMatchObject({ n: 1_200, accuracy: { value: 1, n: 500 } });
    expect(curve.length).toBeLessThanOrEqual(60);
    await feedback({ id: "new", predictionId: randomUUID(), state: "kept_out", right: false });
    const later = await overview();
    expect(later.progressive.value).toBe(499 / 500);
    expect(later.progressive_curve.at(-1).n).toBe(1_201);
  });

  test("counts what was learned once, also where a new champion takes it up again", async () => {
    const predictionId = await predict();
    const seqs: number[] = [];
    for (let i = 0; i < 6; i += 1) seqs.push(await example(`f${i}`, predictionId));
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = seqs;
    await step(1, [a, b]);
    await step(2, [c]);
    await publish(2, 600);
    expect((await overview()).learned).toMatchObject({
      total: 3,
      step: 2,
      per_second: 3 / 30,
      p50_ms: 400,
      p99_ms: 400,
    });

    // A version that knows step 1 becomes champion: what step 2 taught is learned again.
    await withProject(request, project.projectId, async (tx) => {
      const registry = createRegistry(tx, project.projectId);
      const first = await registry.findVersion(modelId, 1);
      if (first)
        await registry.addVersion(
          modelId,
          { ...first, kind: "batch", learnedThrough: 1 },
          new Date(),
        );
    });
    await step(3, [], { base: 2, msAgo: 700 });
    await step(4, [c], { msAgo: 700 });
    await step(5, [d]);
    await step(6, [e, f]);
    expect((await overview()).learned).toMatchObject({ total: 6, step: 6 });
    expect((await overview()).learned.total).toBe(6);
  });
});
