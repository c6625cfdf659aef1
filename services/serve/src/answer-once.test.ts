import { expect, test } from "vitest";

import { answerOnce } from "./answer-once.ts";

test("repetitions get the answer that is under way, then the one that is found", async () => {
  const once = answerOnce<string>();
  const stored = Promise.withResolvers<void>();
  const found: string[] = [];
  let answers = 0;
  const ask = () =>
    once(
      "key",
      async () => found[0],
      async () => {
        answers += 1;
        return { row: `answer ${answers}`, settled: stored.promise };
      },
    );
  expect(await Promise.all([ask(), ask()])).toEqual(["answer 1", "answer 1"]);
  expect(await ask()).toBe("answer 1");
  found.push("answer 1, stored");
  stored.resolve();
  await stored.promise;
  expect(await ask()).toBe("answer 1, stored");
  expect(answers).toBe(1);
});

test("a failure is not remembered", async () => {
  const once = answerOnce<string>();
  const nothing = async () => undefined;
  const failing = once("key", nothing, async () => {
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  const answer = async () => ({ row: "yes", settled: Promise.resolve() });
  expect(await once("key", nothing, answer)).toBe("yes");
});
