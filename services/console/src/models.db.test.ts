import { CHANNELS } from "@groundswell/contracts";
import { createRegistry } from "@groundswell/db";
import { describe, expect, test } from "vitest";

import { DIGITS, newProject, testConsole } from "./testing.ts";

let now = Date.now();
const { ask, project, app, maintenance, worker, artifacts, notified } = await testConsole({
  clock: () => now,
});

describe("PUT /api/v1/models/:model", () => {
  test("makes a model with its first version, the champion, and tells the others", async () => {
    const made = await ask("PUT", "/api/v1/models/digits", { body: DIGITS });
    expect(made).toMatchObject({
      status: 200,
      body: {
        name: "digits",
        champion: 1,
        learned_through: 0,
        pace: "calm",
        exam_share: 0.1,
        gate: { min_accuracy: 0, margin: 0, min_examples: 50 },
        config: { width: 4, height: 4, hidden: 2, online: { window: 8_192 } },
      },
    });
    expect(notified).toContainEqual([CHANNELS.models, made.body.id]);

    const { body } = await ask("GET", "/api/v1/models/digits/versions/1");
    expect(body).toMatchObject({ kind: "initial", status: "ready", aliases: ["champion"] });
    const artifact = await artifacts.get(project.projectId, body.artifact.sha256);
    expect(artifact.length).toBe(body.artifact.bytes);
    const { body: moves } = await ask("GET", "/api/v1/models/digits/deployments");
    expect(moves.data).toMatchObject([{ alias: "champion", from_version: null, to_version: 1 }]);
  });

  test("the same again changes nothing; pace, logging and gate may change, nothing else", async () => {
    await ask("PUT", "/api/v1/models/same", { body: DIGITS });
    const first = await ask("GET", "/api/v1/models/same");
    expect(await ask("PUT", "/api/v1/models/same", { body: DIGITS })).toMatchObject({
      status: 200,
      body: first.body,
    });
    const changes = { pace: "eager", log_predictions: "before", gate: { min_accuracy: 0.5 } };
    const changed = await ask("PUT", "/api/v1/models/same", { body: { ...DIGITS, ...changes } });
    expect(changed.body).toMatchObject({ ...changes, id: first.body.id, champion: 1 });

    const unsaid = await ask("PUT", "/api/v1/models/same", { body: { ...DIGITS, config: {} } });
    expect(unsaid).toMatchObject({ status: 200, body: { config: DIGITS.config } });

    const refused = [
      { recipe: "text-classifier", config: {} },
      { classes: ["one", "nought"] },
      { config: { ...DIGITS.config, hidden: 3 } },
      { exam_share: 0.2 },
    ];
    for (const wrong of refused) {
      const answer = await ask("PUT", "/api/v1/models/same", { body: { ...DIGITS, ...wrong } });
      expect(answer.status).toBe(409);
      expect(answer.body.issues[0].path).toBe(`/${Object.keys(wrong)[0]}`);
    }
    expect((await ask("GET", "/api/v1/models/same/versions")).body.data).toHaveLength(1);
  });

  test("many at once make one model", async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => ask("PUT", "/api/v1/models/raced", { body: DIGITS })),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect((await ask("GET", "/api/v1/models/raced/versions")).body.data).toHaveLength(1);
  });

  test.each([
    ["a field of the wrong type", { ...DIGITS, classes: "0" }, "/classes"],
    ["a single class", { ...DIGITS, classes: ["0"] }, "/classes"],
    ["a NUL byte", { ...DIGITS, classes: ["a\u0000", "b"] }, "/classes/0"],
    ["an unknown recipe", { ...DIGITS, recipe: "oracle" }, "/recipe"],
    ["a config that the recipe refuses", { ...DIGITS, config: { hidden: 0 } }, "/config/hidden"],
    ["a deeper one", { ...DIGITS, config: { batch: { epochs: 0 } } }, "/config/batch/epochs"],
    ["a share of all subjects", { ...DIGITS, exam_share: 1 }, "/exam_share"],
    ["no body", undefined, ""],
  ])("%s is a problem that names the field", async (_, body, path) => {
    const answer = await ask("PUT", "/api/v1/models/bad", { body });
    expect(answer).toMatchObject({ status: 400, body: { code: "BAD_REQUEST", status: 400 } });
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer.body.issues[0].path).toBe(path);
    expect((await ask("GET", "/api/v1/models/bad")).status).toBe(404);
  });

  test("unknown keys, malformed JSON and bad names are refused", async () => {
    const extra = await ask("PUT", "/api/v1/models/bad", { body: { ...DIGITS, clases: [] } });
    expect(extra).toMatchObject({ status: 400 });
    expect(extra.body.detail).toContain("clases");
    const headers = { "content-type": "application/json" };
    const broken = await ask("PUT", "/api/v1/models/bad", { body: '{"recipe":', headers });
    expect(broken).toMatchObject({ status: 400, body: { code: "BAD_JSON" } });
    expect((await ask("PUT", "/api/v1/models/Bad_Name", { body: DIGITS })).status).toBe(400);
  });
});

describe("who may", () => {
  test("no key, a mistyped and a revoked one are 401; a write key is 403", async () => {
    expect((await app.inject("/api/v1/models")).statusCode).toBe(401);
    expect((await ask("GET", "/api/v1/models", { key: `${project.secret}x` })).status).toBe(401);
    const write = await ask("GET", "/api/v1/models", { key: project.write });
    expect(write).toMatchObject({ status: 403, body: { code: "FORBIDDEN" } });
    const basic = Buffer.from(`${project.secret}:`).toString("base64");
    const headers = { authorization: `Basic ${basic}` };
    expect((await app.inject({ url: "/api/v1/models", headers })).statusCode).toBe(200);
  });

  test("a revoked key stops working within five seconds", async () => {
    const other = await newProject(maintenance);
    const asked = () => ask("GET", "/api/v1/models", { key: other.secret });
    expect((await asked()).status).toBe(200);
    await other.revoke("secret");
    now += 5_000;
    expect((await asked()).status).toBe(401);
  });

  test("another project's model is not there", async () => {
    const other = await newProject(maintenance);
    const key = other.secret;
    await ask("PUT", "/api/v1/models/mine", { body: DIGITS });
    for (const path of [
      "",
      "/overview",
      "/live",
      "/training-runs",
      "/versions",
      "/versions/1",
      "/aliases/champion",
      "/deployments",
    ]) {
      const answer = await ask("GET", `/api/v1/models/mine${path}`, { key });
      expect(answer).toMatchObject({ status: 404, body: { code: "MODEL_NOT_FOUND" } });
    }
    for (const path of ["/training-runs", "/rollback"])
      expect((await ask("POST", `/api/v1/models/mine${path}`, { key, body: {} })).status).toBe(404);
    expect((await ask("GET", "/api/v1/models", { key })).body.data).toEqual([]);
    // A name is a project's own.
    const theirs = await ask("PUT", "/api/v1/models/mine", { key, body: DIGITS });
    const mine = await ask("GET", "/api/v1/models/mine");
    expect(theirs.body.id).not.toBe(mine.body.id);
  });
});

describe("lists", () => {
  test("pages follow each other, without a gap and without a row twice", async () => {
    const { secret: key } = await newProject(maintenance);
    const names = ["a", "b", "c", "d", "e"];
    for (const name of names) await ask("PUT", `/api/v1/models/${name}`, { key, body: DIGITS });
    const seen: string[] = [];
    for (let cursor = ""; ;) {
      const { body } = await ask("GET", `/api/v1/models?limit=2${cursor}`, { key });
      seen.push(...body.data.map(({ name }: { name: string }) => name));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).toEqual(names);
  });

  test.each([
    ["limit=0", "/limit"],
    ["limit=201", "/limit"],
    ["limit=x", "/limit"],
    ["cursor=nonsense", "/cursor"],
    ["cursor=WzEsMl0", "/cursor"],
  ])("%s is refused", async (query, path) => {
    const { status, body } = await ask("GET", `/api/v1/models/digits/versions?${query}`);
    expect(status).toBe(400);
    expect(body.issues[0].path).toBe(path);
  });

  test("a version that is no number, or no version, is 404", async () => {
    for (const version of ["0", "2", "x", "1.5", "99999999999999999999", "-1"]) {
      const { status, body } = await ask("GET", `/api/v1/models/digits/versions/${version}`);
      expect({ status, code: body.code }).toEqual({ status: 404, code: "VERSION_NOT_FOUND" });
    }
  });

  test("versions show the accuracy of their exam, newest first, a page at a time", async () => {
    const { body: model } = await ask("PUT", "/api/v1/models/examined", { body: DIGITS });
    const { body: first } = await ask("GET", "/api/v1/models/examined/versions/1");
    const accuracy = { value: 0.5, low: 0.4, high: 0.6, n: 100 };
    const registry = createRegistry(worker, project.projectId);
    await registry.addVersion(
      model.id,
      {
        kind: "batch",
        status: "candidate",
        parent: 1,
        runId: null,
        learnedThrough: 0,
        artifact: first.artifact,
        lineage: {},
      },
      new Date(),
    );
    const exam = { version: 2, split: "exam" as const, metrics: { accuracy }, examples: 100 };
    await registry.addEvaluation(model.id, exam, new Date());

    const page = await ask("GET", "/api/v1/models/examined/versions?limit=1");
    expect(page.body.data).toMatchObject([{ number: 2, accuracy, aliases: [], parent: 1 }]);
    const next = `/api/v1/models/examined/versions?cursor=${page.body.next_cursor}`;
    expect((await ask("GET", next)).body).toMatchObject({
      data: [{ number: 1, accuracy: null }],
      next_cursor: null,
    });
  });
});
