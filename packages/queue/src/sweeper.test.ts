import { expect, test } from "vitest";

import { startSweeper } from "./sweeper.ts";

const NEVER = 3_600_000;

test("it looks at once, again while there is more, and then when it is woken", async () => {
  const answers = [true, true, false, false];
  let looks = 0;
  let rested = Promise.withResolvers<void>();
  const sweeper = startSweeper({
    restMs: () => {
      rested.resolve();
      return NEVER;
    },
    work: async () => answers[looks++] ?? false,
    onError: () => {},
  });
  await rested.promise;
  expect(looks).toBe(3);
  rested = Promise.withResolvers();
  sweeper.wake();
  await rested.promise;
  expect(looks).toBe(4);
  await sweeper.close();
});

test("woken during a look, it looks once more", async () => {
  const first = Promise.withResolvers<boolean>();
  const second = Promise.withResolvers<void>();
  let looks = 0;
  const sweeper = startSweeper({
    restMs: () => NEVER,
    work: async () => {
      looks += 1;
      if (looks === 1) return first.promise;
      second.resolve();
      return false;
    },
    onError: () => {},
  });
  sweeper.wake();
  first.resolve(false);
  await second.promise;
  await sweeper.close();
  expect(looks).toBe(2);
});

test("a look that fails is told of, and is not the last", async () => {
  const errors: unknown[] = [];
  const again = Promise.withResolvers<void>();
  let looks = 0;
  const sweeper = startSweeper({
    restMs: () => 0,
    work: async () => {
      looks += 1;
      if (looks === 1) throw new Error("no database");
      again.resolve();
      return false;
    },
    onError: (error) => errors.push(error),
  });
  await again.promise;
  await sweeper.close();
  expect(errors).toEqual([new Error("no database")]);
});

test("closing waits for the look under way", async () => {
  const work = Promise.withResolvers<boolean>();
  let done = false;
  const sweeper = startSweeper({
    restMs: () => NEVER,
    work: async () => {
      await work.promise;
      done = true;
      return true;
    },
    onError: () => {},
  });
  const closing = sweeper.close();
  work.resolve(true);
  await closing;
  expect(done).toBe(true);
});
