import type { LoggedPrediction } from "@groundswell/db";
import { expect, test } from "vitest";

import { createPredictionLog, type PredictionLogOptions } from "./prediction-log.ts";

const row = (predictionId: string) => ({ predictionId }) as LoggedPrediction;
const turn = () => new Promise(setImmediate);

class Away extends Error {}

/** A log whose time passes only while it waits, over a table that can be away, full of taken ids, or refuse a row. */
function world(change: Partial<PredictionLogOptions> = {}) {
  const state = { now: 0, away: false, stored: [] as string[], lost: 0 };
  const log = createPredictionLog({
    insert: async (rows) => {
      await turn();
      if (state.away) throw new Away("connection refused");
      if (rows.some(({ predictionId }) => predictionId === "bad")) throw new Error("no partition");
      state.stored.push(...rows.map(({ predictionId }) => predictionId));
      return rows.map(({ predictionId }) => predictionId !== "taken");
    },
    maySucceedLater: (error) => error instanceof Away,
    mostPending: 4,
    retryForMs: 10_000,
    clock: () => state.now,
    delay: async (ms) => {
      state.now += ms;
      await turn();
    },
    onLost: (rows) => (state.lost += rows),
    ...change,
  });
  return { log, state };
}

test("a row is stored before its answer, and a taken id is told", async () => {
  const { log, state } = world();
  expect(await Promise.all([log.before(row("a")), log.before(row("taken"))])).toEqual([
    true,
    false,
  ]);
  expect(state.stored).toEqual(["a", "taken"]);
});

test("before an answer, a database that is away is an error at once; after it, it is waited for", async () => {
  const { log, state } = world();
  state.away = true;
  await expect(log.before(row("a"))).rejects.toMatchObject({ code: "BUSY" });
  const { settled } = await log.after(row("b"));
  await turn();
  state.away = false;
  await settled;
  expect(state).toMatchObject({ stored: ["b"], lost: 0 });
});

test("what can't be stored for long is given up and counted", async () => {
  const { log, state } = world();
  state.away = true;
  const { settled } = await log.after(row("a"));
  await settled;
  expect(state.lost).toBe(1);
  expect(state.now).toBeGreaterThan(8_000);
});

test("a row that PostgreSQL refuses costs its neighbours nothing", async () => {
  const { log, state } = world();
  const answers = await Promise.allSettled(["a", "bad", "b"].map((id) => log.before(row(id))));
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const later = await Promise.all(["c", "bad", "d"].map((id) => log.after(row(id))));
  await Promise.all(later.map(({ settled }) => settled));
  expect(state.stored).toEqual(["a", "b", "c", "d"]);
  expect(state.lost).toBe(1);
});

test("when too many wait, an answer waits for room, and at last says that it can't", async () => {
  const gate = Promise.withResolvers<void>();
  let blocked = true;
  const { log, state } = world({
    insert: async (rows) => {
      if (blocked) await gate.promise;
      return rows.map(() => true);
    },
  });
  const settling = [];
  for (const id of ["1", "2", "3", "4"]) settling.push(await log.after(row(id)));
  await expect(log.after(row("5"))).rejects.toMatchObject({ code: "BUSY" });
  expect(state.now).toBe(2_000);
  blocked = false;
  gate.resolve();
  await Promise.all(settling.map(({ settled }) => settled));
  await log.after(row("6"));
  await log.close();
  expect(log.pending()).toBe(0);
});
