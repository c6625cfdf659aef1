import { CHANNELS, type GateReport } from "@groundswell/contracts";
import { createRegistry } from "@groundswell/db";
import type { NewVersion } from "@groundswell/models";
import { decodeWeights, initialWeights, openLearner } from "@groundswell/training";
import { beforeEach, describe, expect, test } from "vitest";

import { DIGITS, newProject, testConsole, type TestProject } from "./testing.ts";

const { ask: askAs, worker, maintenance, artifacts, notified } = await testConsole();

let project: TestProject;
let modelId: string;
const ask = (method: "GET" | "POST" | "PUT", path: string, options = {}) =>
  askAs(method, `/api/v1/models/digits${path}`, { key: project.secret, ...options });

beforeEach(async () => {
  project = await newProject(maintenance);
  modelId = (await ask("PUT", "", { body: DIGITS })).body.id;
});

const registry = () => createRegistry(worker, project.projectId);

async function addVersion(change: Partial<NewVersion> = {}): Promise<number> {
  const first = await registry().findVersion(modelId, 1);
  if (!first) throw new Error("there is no first version");
  const { number } = await registry().addVersion(
    modelId,
    { ...first, kind: "batch", status: "passed", parent: 1, ...change },
    new Date(),
  );
  return number;
}

const promote = (version: number, revision: number | string = 1) =>
  ask("PUT", "/aliases/champion", {
    body: { version, reason: "it is better" },
    headers: { "if-match": typeof revision === "number" ? `"${revision}"` : revision },
  });

describe("PUT /api/v1/models/:model/aliases/:alias", () => {
  test("promotes a version that passed its gate, and tells those who serve", async () => {
    const before = await ask("GET", "/aliases/champion");
    expect(before).toMatchObject({ status: 200, body: { version: 1, revision: 1 } });
    expect(before.headers["etag"]).toBe('"1"');

    const moved = await promote(await addVersion());
    expect(moved).toMatchObject({
      status: 200,
      body: { alias: "champion", version: 2, revision: 2 },
    });
    expect(moved.headers["etag"]).toBe('"2"');
    expect(notified.at(-1)).toEqual([CHANNELS.models, modelId]);
    expect((await ask("GET", "/deployments")).body.data[0]).toMatchObject({
      from_version: 1,
      to_version: 2,
      reason: "it is better",
    });
    expect((await ask("GET", "")).body.champion).toBe(2);
  });

  test("of two at once one moves it, the other is told where it is now", async () => {
    const versions = [await addVersion(), await addVersion()];
    const answers = await Promise.all(versions.map((version) => promote(version)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 412]);
    const lost = answers.find(({ status }) => status === 412);
    expect(lost?.body).toMatchObject({ code: "ALIAS_MOVED" });
    expect(lost?.body.detail).toContain("revision 2");
    expect((await ask("GET", "/deployments")).body.data).toHaveLength(2);
  });

  test("a stale or another tag is 412, none is 428; a list and * are read as HTTP says", async () => {
    const version = await addVersion();
    for (const tag of ['"7"', '"nonsense"', 'W/"1"', "1"])
      expect(await promote(version, tag)).toMatchObject({ status: 412 });
    const none = await ask("PUT", "/aliases/champion", { body: { version } });
    expect(none).toMatchObject({ status: 428, body: { code: "PRECONDITION_REQUIRED" } });
    expect((await promote(version, '"7", "1"')).status).toBe(200);
    expect((await promote(1, "*")).status).toBe(200);
  });

  test("a version that its gate refused, or has not judged, is not promoted", async () => {
    const figures = { value: 0.5, low: 0.4, high: 0.6, n: 100 };
    const gate: GateReport = {
      passed: false,
      candidate: figures,
      champion: figures,
      difference: { value: -0.1, low: -0.2, high: 0 },
      subjects: 9,
      checks: [{ name: "difference", passed: false, detail: "worse by 10 points" }],
    };
    const refused = await promote(await addVersion({ status: "refused", gate }));
    expect(refused).toMatchObject({ status: 409, body: { code: "GATE_NOT_PASSED" } });
    expect(refused.body.detail).toContain("worse by 10 points");
    expect((await promote(await addVersion({ status: "candidate" }))).status).toBe(409);
    expect((await ask("GET", "/aliases/champion")).body.revision).toBe(1);
  });

  test("a version that was judged against another champion is not promoted, and says what to do", async () => {
    const [first, second] = [await addVersion(), await addVersion()];
    await promote(second);
    const late = await promote(first, 2);
    expect(late).toMatchObject({ status: 409, body: { code: "VERDICT_OUTDATED" } });
    expect(late.body.detail).toContain("against version 1, and the champion is version 3 now");
    expect(late.body.detail).toContain("training run");
    expect((await ask("GET", "/aliases/champion")).body).toMatchObject({ version: second });
  });

  test("unknown versions and aliases are 404, bad bodies name the field", async () => {
    expect(await promote(9)).toMatchObject({ status: 404, body: { code: "VERSION_NOT_FOUND" } });
    const other = await ask("GET", "/aliases/challenger");
    expect(other).toMatchObject({ status: 404, body: { code: "ALIAS_NOT_FOUND" } });
    const bad = await ask("PUT", "/aliases/champion", { body: { version: "2" } });
    expect(bad).toMatchObject({ status: 400, body: { issues: [{ path: "/version" }] } });
    const huge = await ask("PUT", "/aliases/champion", {
      body: { version: 2 ** 40 },
      headers: { "if-match": '"1"' },
    });
    expect(huge).toMatchObject({ status: 400, body: { issues: [{ path: "/version" }] } });
  });
});

describe("what the champion learned online", () => {
  /** A learner's checkpoint, as its service writes it. */
  async function checkpoint(step: number, numbers: { base?: number } = {}): Promise<void> {
    const model = await registry().findModel("digits");
    if (!model) throw new Error("no model");
    const learner = openLearner(model, { weights: initialWeights(model) });
    const example = { input: Buffer.alloc(16, 200), target: "one", weight: 1, person: "p" };
    for (let at = 1; at <= step; at += 1)
      learner.learn({ step: at, examples: [{ ...example, seq: at }], dropped: [], rules: 1 });
    const saved = await artifacts.put(project.projectId, learner.save());
    learner.close();
    const of = [project.projectId, modelId];
    await worker.query(
      `insert into artifacts (project_id, sha256, bytes, kind, created_at)
       values ($1, $2, $3, 'checkpoint', now()) on conflict do nothing`,
      [project.projectId, saved.sha256, saved.bytes],
    );
    await worker.query(
      `insert into checkpoints (project_id, model_id, step, fence, artifact, numeric_class, created_at)
       values ($1, $2, $3, 1, $4, 'a machine', now())`,
      [...of, step, saved.sha256],
    );
    if (numbers.base !== undefined)
      await worker.query(
        `insert into steps (project_id, model_id, step, fence, base_version, took, dropped, entries, recorded_at)
         values ($1, $2, $3, 1, $4, '{}', '{}', '{}', now())`,
        [...of, step - 1, numbers.base],
      );
  }

  test("is kept as a version before the champion leaves, and a rollback goes back to it", async () => {
    await checkpoint(3);
    await promote(await addVersion());
    const kept = await ask("GET", "/versions/3");
    expect(kept.body).toMatchObject({
      kind: "online",
      status: "ready",
      parent: 1,
      learned_through: 3,
      lineage: { steps: { after: 0, through: 3 }, numeric_class: "a machine" },
    });
    const bytes = await artifacts.get(project.projectId, kept.body.artifact.sha256);
    expect(decodeWeights(bytes).settings.classes).toEqual(DIGITS.classes);
    const first = await ask("GET", "/versions/1");
    expect(kept.body.artifact.sha256).not.toBe(first.body.artifact.sha256);

    const back = await ask("POST", "/rollback", { body: { reason: "it hurts" } });
    expect(back).toMatchObject({ status: 200, body: { version: 3, revision: 3 } });
    expect((await ask("GET", "/deployments")).body.data).toMatchObject([
      { from_version: 2, to_version: 3, reason: "it hurts" },
      { from_version: 3, to_version: 2 },
      { from_version: null, to_version: 1 },
    ]);
    // Everything is undone: there is nothing before the first champion.
    const nothing = await ask("POST", "/rollback");
    expect(nothing).toMatchObject({ status: 409, body: { code: "NOTHING_TO_ROLL_BACK" } });
  });

  test("has the accuracy of the exam at which its successor was judged beside it", async () => {
    await checkpoint(3);
    const half = { value: 0.5, low: 0.4, high: 0.6, n: 100 };
    const better = { value: 0.9, low: 0.8, high: 0.95, n: 100 };
    const difference = { value: 0.4, low: 0.3, high: 0.5 };
    const gate = { passed: true, candidate: better, champion: half, difference, subjects: 9 };
    const judgedAfter = (learned_through: number) =>
      addVersion({
        gate: { ...gate, checks: [] },
        lineage: { judged_against: { version: 1, learned_through } },
      });
    await promote(await judgedAfter(3));
    expect((await ask("GET", "/versions/3")).body).toMatchObject({
      kind: "online",
      accuracy: half,
    });

    // The champion went on learning after the exam: that is not what was examined.
    await ask("POST", "/rollback");
    await worker.query("delete from checkpoints where model_id = $1", [modelId]);
    await checkpoint(5, { base: 3 });
    await promote(await judgedAfter(4), 3);
    expect((await ask("GET", "/versions/5")).body).toMatchObject({
      kind: "online",
      accuracy: null,
    });
  });

  test("a checkpoint of the champion before is none of this one's", async () => {
    await checkpoint(3);
    await promote(await addVersion());
    // The learner has not noticed the promotion: its newest checkpoint is of version 1.
    await promote(await addVersion({ parent: 2 }), 2);
    expect((await ask("GET", "/deployments")).body.data[0]).toMatchObject({ from_version: 2 });
    await checkpoint(8, { base: 4 });
    await ask("POST", "/rollback");
    expect((await ask("GET", "/deployments")).body.data[0]).toMatchObject({
      from_version: 5,
      to_version: 2,
    });
  });

  test("a promotion that loses leaves no version behind", async () => {
    await checkpoint(3);
    const versions = [await addVersion(), await addVersion()];
    await Promise.all(versions.map((version) => promote(version)));
    const { body } = await ask("GET", "/versions");
    expect(body.data.filter(({ kind }: { kind: string }) => kind === "online")).toHaveLength(1);
  });

  test("a checkpoint whose file is gone does not keep a bad champion in its place", async () => {
    await checkpoint(3);
    const newest = await registry().newestCheckpoint(modelId);
    await artifacts.remove(project.projectId, newest?.artifact.sha256 ?? "");
    expect((await promote(await addVersion())).status).toBe(200);
    expect((await ask("POST", "/rollback")).body.version).toBe(1);
  });
});
