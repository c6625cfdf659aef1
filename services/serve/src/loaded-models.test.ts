import { expect, test } from "vitest";

import { createLoadedModels } from "./loaded-models.ts";

function world(most = 2) {
  const forgotten: string[] = [];
  const failures: string[] = [];
  const state = { now: 0 };
  const models = createLoadedModels({
    most,
    clock: () => state.now,
    forget: (key) => forgotten.push(key),
    onFailure: (key) => failures.push(key),
  });
  return { models, state, forgotten, failures };
}
const fail = async () => {
  throw new Error("damaged");
};

test("the first version is waited for, another is brought beside it", async () => {
  const { models } = world();
  const loads: [number, boolean][] = [];
  const gate = Promise.withResolvers<void>();
  const ensure = (version: number, wait?: Promise<void>) =>
    models.ensure("m", version, async (first) => {
      loads.push([version, first]);
      await wait;
    });
  let ready = false;
  const first = ensure(1, gate.promise).then(() => (ready = true));
  const second = ensure(1, gate.promise);
  await Promise.resolve();
  expect(ready).toBe(false);
  gate.resolve();
  await Promise.all([first, second]);
  const never = new Promise<void>(() => {});
  await ensure(2, never);
  await ensure(2, never);
  expect(loads).toEqual([
    [1, true],
    [2, false],
  ]);
});

test("a version that can't be loaded leaves the one held, and is tried again later", async () => {
  const { models, state, failures } = world();
  await models.ensure("m", 1, async () => {});
  await models.ensure("m", 2, fail);
  await new Promise(setImmediate);
  await models.ensure("m", 2, fail);
  expect(failures).toEqual(["m"]);
  state.now = 5_000;
  await models.ensure("m", 2, fail);
  await new Promise(setImmediate);
  expect(failures).toEqual(["m", "m"]);
});

test("where nothing is held the failure is the answer", async () => {
  const { models } = world();
  await expect(models.ensure("m", 1, fail)).rejects.toMatchObject({ code: "BUSY" });
  const load = async () => {};
  await expect(models.ensure("m", 1, load)).rejects.toMatchObject({ code: "BUSY" });
  await models.ensure("m", 2, load);
});

test("the model asked longest ago makes room, but none that may have requests under way", async () => {
  const { models, state, forgotten } = world(2);
  for (const key of ["a", "b"]) await models.ensure(key, 1, async () => {});
  state.now = 1_000;
  await models.ensure("a", 1, async () => {});
  await models.ensure("c", 1, async () => {});
  expect(forgotten).toEqual([]);
  state.now = 30_000;
  await models.ensure("d", 1, async () => {});
  expect(forgotten).toEqual(["b"]);
});
