import { expect, test } from "vitest";

import { turnBatch } from "./turn-batch.ts";

test("what is asked in one turn is one batch, in order; the next turn is another", async () => {
  const batches: number[][] = [];
  const double = turnBatch<number, number>(
    async (items) => {
      batches.push(items);
      return items.map((item) => 2 * item);
    },
    { most: 3, inFlight: 9 },
  );
  expect(await Promise.all([1, 2].map(double))).toEqual([2, 4]);
  expect(await double(3)).toBe(6);
  expect(await Promise.all([1, 2, 3, 4].map(double))).toEqual([2, 4, 6, 8]);
  expect(batches).toEqual([[1, 2], [3], [1, 2, 3], [4]]);
});

test("while as many batches are under way as may be, the next one grows", async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  const batches: number[][] = [];
  const work = turnBatch<number, number>(
    async (items) => {
      batches.push(items);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
      return items;
    },
    { most: 9, inFlight: 1 },
  );
  const turn = () => new Promise(setImmediate);
  const answers = [];
  for (const item of [1, 2, 3]) {
    answers.push(work(item));
    await turn();
  }
  expect(batches).toEqual([[1]]);
  gates[0]?.resolve();
  await answers[0];
  await turn();
  gates[1]?.resolve();
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
  expect(batches).toEqual([[1], [2, 3]]);
});

test("a batch that fails rejects its own members only", async () => {
  const work = turnBatch<string, string>(
    async (items) => {
      if (items.includes("bad")) throw new Error("no");
      return items;
    },
    { most: 2, inFlight: 1 },
  );
  const results = await Promise.allSettled(["good", "bad", "fine"].map(work));
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
});

test("a batch that answers too few is an error, not a hang", async () => {
  const work = turnBatch<number, number>(async () => [], { most: 9, inFlight: 1 });
  await expect(work(1)).rejects.toThrow("0 results for a batch of 1");
});
