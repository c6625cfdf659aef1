import { expect, test } from "vitest";

import { bounded } from "./bounded.ts";

test("a few run at once, the rest in order, and one too many is told to come back", async () => {
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const started: number[] = [];
  const { run, waiting } = bounded({ atOnce: 2, mostWaiting: 2 });
  const results = gates.map(({ promise }, i) =>
    run(async () => {
      started.push(i);
      await promise;
      if (i === 1) throw new Error("one failed");
      return i;
    }),
  );
  const settled = Promise.allSettled(results);
  expect(started).toEqual([0, 1]);
  expect(waiting()).toBe(2);
  await expect(run(async () => 9)).rejects.toMatchObject({ code: "BUSY", retryAfter: 1 });
  for (const { resolve } of gates.toReversed()) resolve();
  expect((await settled).map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  expect(started).toEqual([0, 1, 2, 3]);
  expect(await run(async () => 9)).toBe(9);
});
