import { expect, test } from "vitest";

import { createModelDirectory, type ServedEntry } from "./model-directory.ts";

const entry = (champion: number) =>
  ({
    model: { projectId: "p", modelId: "m", name: "digits" },
    champion: { number: champion },
  }) as ServedEntry;

function world() {
  const state = { now: 0, champion: 1, broken: false, reads: 0 };
  const directory = createModelDirectory(
    {
      champion: async (_project, name) => {
        state.reads += 1;
        if (state.broken) throw new Error("connection refused");
        return name === "digits" ? entry(state.champion) : undefined;
      },
      version: async () => undefined,
      newestCheckpoint: async () => undefined,
    },
    () => state.now,
  );
  const champion = async () => (await directory.find("p", "digits"))?.champion.number;
  return { state, directory, champion };
}
const turn = () => new Promise(setImmediate);

test("a model is read again beside its answer when it is older than a second", async () => {
  const { state, champion } = world();
  expect(await champion()).toBe(1);
  state.champion = 2;
  state.now = 999;
  expect(await champion()).toBe(1);
  expect(state.reads).toBe(1);
  state.now = 1_000;
  expect(await champion()).toBe(1);
  await turn();
  expect(await champion()).toBe(2);
});

test("a change that was told is read at once", async () => {
  const { state, directory, champion } = world();
  await champion();
  state.champion = 2;
  expect((await directory.refresh("m"))?.champion.number).toBe(2);
  expect(await champion()).toBe(2);
  expect(await directory.refresh("unknown")).toBeUndefined();
});

test("while it can't be read, memory serves for a minute", async () => {
  const { state, champion } = world();
  await champion();
  state.broken = true;
  state.now = 59_999;
  expect(await champion()).toBe(1);
  await turn();
  state.now = 60_000;
  await expect(champion()).rejects.toThrow("connection refused");
  state.broken = false;
  expect(await champion()).toBe(1);
});

test("a model that is not there may come later", async () => {
  const { state, directory } = world();
  expect(await directory.find("p", "letters")).toBeUndefined();
  expect(await directory.find("p", "letters")).toBeUndefined();
  expect(state.reads).toBe(1);
  state.now = 1_000;
  await directory.find("p", "letters");
  expect(state.reads).toBe(2);
});
