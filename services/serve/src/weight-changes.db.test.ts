import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { CHANNELS } from "@groundswell/contracts";
import { testEnv } from "@groundswell/local/testing";
import { Redis } from "ioredis";
import { afterAll, describe, expect, test, vi } from "vitest";

import {
  askerOf,
  labelOf,
  openServingWorld,
  picture,
  type TestModel,
  weightsSaying,
} from "./serving-world.ts";

const world = openServingWorld(await testEnv());
const project = await world.newProject();
const app = world.build();
const ask = askerOf(app, project.key);
afterAll(async () => {
  await app.close();
  await world.close();
});

const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 10_000, interval: 10 });
let models = 0;
async function newModel(): Promise<TestModel> {
  models += 1;
  const model = await world.newModel(project.projectId, `model-${models}`);
  await model.addVersion(1);
  await model.moveChampion(1);
  return model;
}
const held = async (model: TestModel) => {
  const { status, body } = await ask(model.name, { inputs: picture() });
  expect(status).toBe(200);
  return [body.model_version, body.learned_through, body.output.label] as const;
};
/** Resolves with the first model that somebody asks the whole weights of. */
async function nextAsk(): Promise<{ asked: Promise<string>; close: () => void }> {
  const listener = new Redis(world.redisUrl);
  await listener.subscribe(world.channel(CHANNELS.weightsWanted));
  const asked = new Promise<string>((resolve) =>
    listener.on("message", (_channel, modelId: string) => resolve(modelId)),
  );
  return { asked, close: () => listener.disconnect() };
}

describe("weights of a learner", () => {
  test("are asked for when a model is loaded, and served when they come", async () => {
    const model = await newModel();
    const { asked, close } = await nextAsk();
    expect(await held(model)).toEqual([1, 0, labelOf(1)]);
    expect(await asked).toBe(model.modelId);
    await model.publish(model.frame(5, { step: 12 }));
    await until(async () => expect(await held(model)).toEqual([1, 12, labelOf(5)]));
    close();
  });

  test("with a gap, of a lost lease, of another line or damaged are not taken", async () => {
    const model = await newModel();
    await held(model);
    await model.publish(model.frame(5, { step: 12, fence: 2 }));
    await until(async () => expect(await held(model)).toEqual([1, 12, labelOf(5)]));

    const { asked, close } = await nextAsk();
    const { header, weights } = model.frame(6, { step: 20, fence: 2 }) as Extract<
      ReturnType<TestModel["frame"]>,
      { kind: "whole" }
    >;
    const changes = { dense: weights.dense, tables: {} };
    await model.publish({ kind: "changes", header: { ...header, from: 15 }, changes });
    expect(await asked).toBe(model.modelId);
    close();
    await model.publish(model.frame(7, { step: 21, fence: 1 }));
    await model.publish(model.frame(7, { step: 22, fence: 2, base: 9 }));
    await world.redis.publish(world.channel(CHANNELS.weights(model.modelId)), "not a frame");
    const misfit = model.frame(7, { step: 23, fence: 2 });
    if (misfit.kind === "whole") delete misfit.weights.dense["output.bias"];
    await model.publish(misfit);
    expect(await held(model)).toEqual([1, 12, labelOf(5)]);

    await model.publish({
      kind: "changes",
      header: { ...header, from: 12, step: 24 },
      changes: { dense: weightsSaying(model.settings, 8).dense, tables: {} },
    });
    await until(async () => expect(await held(model)).toEqual([1, 24, labelOf(8)]));
  });

  test("that hold a number that is none are not taken", async () => {
    const model = await newModel();
    await held(model);
    const frame = model.frame(5, { step: 3 });
    if (frame.kind === "whole") frame.weights.dense["output.bias"]?.data.fill(Number.NaN as never);
    await model.publish(frame);
    await model.publish(model.frame(6, { step: 4 }));
    await until(async () => expect(await held(model)).toEqual([1, 4, labelOf(6)]));
  });
});

describe("a promotion", () => {
  test("under load fails no request, and every answer is of the weights that it names", async () => {
    const model = await newModel();
    for (let version = 2; version <= 6; version++) await model.addVersion(version, 10 * version);
    let stop = false;
    const seen = new Set<number>();
    const client = async () => {
      while (!stop) {
        const { status, body } = await ask(model.name, { inputs: picture() });
        expect(status).toBe(200);
        const { model_version: version, learned_through: step, output } = body;
        expect(output.label).toBe(labelOf(version));
        expect(step).toBe(version === 1 ? 0 : 10 * version);
        seen.add(version);
      }
    };
    const clients = Promise.all(Array.from({ length: 8 }, client));
    for (let version = 1; version <= 6; version++) {
      await model.moveChampion(version);
      await until(async () => expect(seen).toContain(version));
    }
    stop = true;
    await clients;
  });

  test("that nobody told of is noticed within a second or two, or by the learner's frames", async () => {
    const model = await newModel();
    await model.addVersion(2, 30);
    await held(model);
    await model.inProject((registry) =>
      registry.moveAlias(model.modelId, {
        alias: "champion",
        version: 2,
        expectedRevision: 1,
        reason: "silent",
        actor: "test",
        now: new Date(),
      }),
    );
    await model.publish(model.frame(7, { step: 31, base: 2 }));
    await until(async () => expect(await held(model)).toEqual([2, 30, labelOf(2)]));
    await model.publish(model.frame(7, { step: 32, base: 2 }));
    await until(async () => expect(await held(model)).toEqual([2, 32, labelOf(7)]));
  });

  test("to a damaged or missing artifact keeps what is served", async () => {
    const model = await newModel();
    const damaged = await model.addVersion(2);
    const missing = await model.addVersion(3);
    await held(model);
    const pathOf = (sha256: string) =>
      join(world.artifacts, project.projectId, sha256.slice(0, 2), sha256);
    writeFileSync(pathOf(damaged.artifact.sha256), "garbage");
    rmSync(pathOf(missing.artifact.sha256));
    for (const version of [2, 3]) {
      await model.moveChampion(version);
      for (let i = 0; i < 20; i++) expect(await held(model)).toEqual([1, 0, labelOf(1)]);
    }
    expect(readdirSync(world.artifacts)).toContain(project.projectId);
    await model.moveChampion(1);
    expect(await held(model)).toEqual([1, 0, labelOf(1)]);
  });
});

test("a model whose only artifact is damaged says so and does not fail others", async () => {
  const model = await world.newModel(project.projectId, "broken");
  const { artifact } = await model.addVersion(1);
  const { sha256 } = artifact;
  writeFileSync(join(world.artifacts, project.projectId, sha256.slice(0, 2), sha256), "x");
  await model.moveChampion(1);
  expect(await ask("broken", { inputs: picture() })).toMatchObject({
    status: 503,
    body: { code: "BUSY" },
  });
  const other = await newModel();
  expect(await held(other)).toEqual([1, 0, labelOf(1)]);
});

test("more models than may be held are answered all the same", async () => {
  const small = world.build({
    limits: { modelsLoaded: 1, pinnedLoaded: 1, decoding: 1, logPending: 100 },
  });
  const askSmall = askerOf(small, project.key);
  const two = [await newModel(), await newModel()];
  for (const { name } of [...two, ...two])
    for (const body of [{ inputs: picture() }, { inputs: picture(), version: 1 }])
      expect((await askSmall(name, body)).status).toBe(200);
  await small.close();
});
