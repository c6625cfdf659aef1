import { platform } from "node:process";

import { createMetrics } from "@groundswell/bootstrap";
import { uuid7Generator } from "@groundswell/contracts";
import { findPrediction, withProject } from "@groundswell/db";
import { testEnv } from "@groundswell/local/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import {
  askerOf,
  greyPng,
  labelOf,
  openServingWorld,
  picture,
  pngOf,
  type TestModel,
} from "./serving-world.ts";

const world = openServingWorld(await testEnv());
const project = await world.newProject();
const app = world.build();
const ask = askerOf(app, project.key);
afterAll(async () => {
  await app.close();
  await world.close();
});

const newId = uuid7Generator(Date.now);
const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });
const logged = (id: string) =>
  withProject(world.database, project.projectId, (tx) => findPrediction(tx, project.projectId, id));

let digits: TestModel;
beforeAll(async () => {
  digits = await world.newModel(project.projectId, "digits");
  await digits.addVersion(3, 7);
  await digits.addVersion(4, 9);
  await digits.moveChampion(1);
});

describe("a prediction", () => {
  test("names the weights that made it, and is logged with its input and probability", async () => {
    const { status, body } = await ask("digits", { subject: "u1", inputs: picture() });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      model: "digits",
      model_version: 1,
      learned_through: 7,
      output: { label: labelOf(3) },
    });
    expect(body.output.classes).toHaveLength(10);
    await until(async () =>
      expect(await logged(body.prediction_id)).toMatchObject({
        version: 1,
        learnedThrough: 7,
        pinned: false,
        output: body.output,
        input: expect.objectContaining({ length: 64 }) as unknown,
      }),
    );
  });

  test("of a pinned version is frozen, and logged as pinned", async () => {
    const { body } = await ask("digits", { inputs: picture(), version: 2 });
    expect(body).toMatchObject({ model_version: 2, learned_through: 9 });
    expect(body.output.label).toBe(labelOf(4));
    await until(async () => expect((await logged(body.prediction_id))?.pinned).toBe(true));
    expect((await ask("digits", { inputs: picture() })).body.output.label).toBe(labelOf(3));
  });

  test("is stored before its answer where the model says so", async () => {
    const careful = await world.newModel(project.projectId, "careful", {
      logPredictions: "before",
    });
    await careful.addVersion(5);
    await careful.moveChampion(1);
    const { body } = await ask("careful", { inputs: picture() });
    expect((await logged(body.prediction_id))?.modelId).toBe(careful.modelId);
  });

  test("many at once are answered each by its own input's turn", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => ask("digits", { inputs: picture() })),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(new Set(answers.map(({ body }) => body.prediction_id)).size).toBe(100);
  });
});

describe("an id chosen by the client", () => {
  test("asked again gives the stored answer again, at once and later", async () => {
    const id = newId();
    const question = { id, subject: "u1", inputs: picture() };
    const answers = await Promise.all([ask("digits", question), ask("digits", question)]);
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.body.prediction_id).toBe(id);
    await until(async () => expect(await logged(id)).toBeDefined());
    expect(await ask("digits", question)).toEqual(answers[0]);
  });

  test("with other inputs, another subject or version is a conflict", async () => {
    const id = newId();
    await ask("digits", { id, subject: "u1", inputs: picture() });
    for (const other of [
      { inputs: picture(greyPng(8, () => 9)), subject: "u1" },
      { inputs: picture(), subject: "u2" },
      { inputs: picture() },
      { inputs: picture(), subject: "u1", version: 1 },
    ])
      expect(await ask("digits", { id, ...other })).toMatchObject({
        status: 409,
        body: { code: "CONFLICT", issues: [{ path: "/id" }] },
      });
  });

  test("of another time, or of no version 7, is refused", async () => {
    const now = Date.now();
    const past = uuid7Generator(() => now - 90_000_000)();
    const future = uuid7Generator(() => now + 90_000_000)();
    for (const id of [past, future, "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "1", ""])
      expect(await ask("digits", { id, inputs: picture() })).toMatchObject({
        status: 400,
        body: { code: "BAD_REQUEST", issues: [{ path: "/id" }] },
      });
  });
});

describe("what can't be answered", () => {
  test("a model or version that is not there, and another project's model", async () => {
    const other = await world.newProject();
    expect(await ask("letters", { inputs: picture() })).toMatchObject({
      status: 404,
      body: { code: "MODEL_NOT_FOUND" },
    });
    expect(await ask("digits", { inputs: picture(), version: 99 })).toMatchObject({
      status: 404,
      body: { code: "VERSION_NOT_FOUND" },
    });
    const askAsOther = askerOf(app, other.key);
    expect(await askAsOther("digits", { inputs: picture() })).toMatchObject({ status: 404 });
  });

  test("without a key, with a wrong one, and, within five seconds, with a revoked one", async () => {
    for (const key of ["", "gs_sk_nonsense", project.key.replace(/.$/, "x")])
      expect(await askerOf(app, key)("digits", { inputs: picture() })).toMatchObject({
        status: 401,
        body: { code: "UNAUTHORIZED" },
      });
    let now = Date.now();
    const later = world.build({ clock: () => now });
    const leaver = await world.newProject();
    const askAsLeaver = askerOf(later, leaver.key);
    expect((await askAsLeaver("digits", { inputs: picture() })).status).toBe(404);
    await leaver.revokeKey();
    now += 5_000;
    expect((await askAsLeaver("digits", { inputs: picture() })).status).toBe(401);
    await later.close();
  });

  test.each([
    ["no inputs", {}, 400, "/inputs"],
    ["an unknown key", { inputs: picture(), input: 1 }, 400, ""],
    ["a subject that is no id", { inputs: picture(), subject: 7.5 }, 400, "/subject"],
    ["a subject with a NUL byte", { inputs: picture(), subject: "a\0b" }, 400, "/subject"],
    ["a version that is no number", { inputs: picture(), version: "1" }, 400, "/version"],
    ["inputs of another recipe", { inputs: { text: "hello" } }, 422, "/inputs/image"],
    ["a picture that is not one", { inputs: picture(Buffer.from("hello")) }, 422, "/inputs/image"],
    ["a picture of one pixel", { inputs: picture(greyPng(1)) }, 422, "/inputs/image"],
    ["half a picture", { inputs: picture(greyPng(64).subarray(0, 90)) }, 422, "/inputs/image"],
    ["text that is no base64", { inputs: { image: { b64: "%%%" } } }, 422, "/inputs/image/b64"],
    ["NUL bytes", { inputs: { image: { b64: "a\0b" } } }, 422, "/inputs/image/b64"],
    [
      "a text of a million characters",
      { inputs: { image: { b64: "x".repeat(1_000_000) } } },
      422,
      "/inputs/image",
    ],
  ])("%s is refused by name", async (_what, body, status, path) => {
    const answer = await ask("digits", body);
    expect(answer.status).toBe(status);
    expect(answer.body.issues?.map((issue) => issue.path)).toContain(path);
  });

  test("a picture that would unpack to gigabytes costs nothing and is refused", async () => {
    const bomb = pngOf(60_000, 60_000, Buffer.from("789c0300000000 01".replaceAll(" ", ""), "hex"));
    expect(await ask("digits", { inputs: picture(bomb) })).toMatchObject({
      status: 422,
      body: { code: "BAD_PICTURE", issues: [{ path: "/inputs/image" }] },
    });
  });

  test("malformed JSON and a body without bounds", async () => {
    const send = (payload: string) =>
      app.inject({
        method: "POST",
        url: "/api/v1/models/digits/predictions",
        headers: { authorization: `Bearer ${project.key}`, "content-type": "application/json" },
        payload,
      });
    expect((await send("{")).json()).toMatchObject({ status: 400, code: "BAD_JSON" });
    expect((await send(`"${"x".repeat(9_000_000)}"`)).json()).toMatchObject({
      status: 413,
      code: "BODY_TOO_LARGE",
    });
  });
});

test("a provider that this machine lacks is passed over, and counted", async () => {
  const missing = platform === "darwin" ? "dml" : "coreml";
  const metrics = createMetrics({ service: "serve" });
  const other = world.build({ metrics, providers: [missing, "cpu"] });
  const { status } = await askerOf(other, project.key)("digits", {
    subject: "u1",
    inputs: picture(),
  });
  expect(status).toBe(200);
  // Told by the thread, beside its answer.
  await until(async () =>
    expect(await metrics.registry.metrics()).toContain(
      `serve_provider_fallbacks_total{provider="${missing}"`,
    ),
  );
  await other.close();
});
