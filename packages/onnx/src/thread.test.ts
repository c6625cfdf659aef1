import { expect, test } from "vitest";

import { tensor } from "./tensor.ts";
import type { TestProtocol } from "./thread-for-test.ts";
import { openThread, ThreadExited } from "./thread.ts";
import type { Thread } from "./thread.ts";

const open = (workerData: unknown = { offset: 100 }): Thread<TestProtocol> =>
  openThread(new URL("./thread-for-test.ts", import.meta.url), workerData);

test("calls are answered, in whatever order they finish", async () => {
  const thread = open();
  const slow = thread.call("after", { turns: 20, value: "slow" });
  const quick = thread.call("after", { turns: 1, value: "quick" });
  const first = await Promise.race([slow, quick]);
  expect(first).toBe("quick");
  expect(await slow).toBe("slow");
  expect(await thread.call("add", { a: 1, b: 2 })).toBe(103);
  expect(await thread.close()).toEqual({ exitCode: 0, error: undefined });
});

test("buffers move in both directions", async () => {
  const thread = open();
  const numbers = Float32Array.of(1, 2, 3);
  const doubled = await thread.call("double", numbers, [numbers.buffer]);
  expect(numbers).toHaveLength(0);
  expect(doubled).toEqual(Float32Array.of(2, 4, 6));
  expect(await thread.call("lengthOfLast", null)).toBe(0);
  await thread.close();
});

test("a session runs in the thread", async () => {
  const thread = open();
  const x = tensor("float32", [2], Float32Array.of(1, 2));
  expect(await thread.call("runNegation", x)).toEqual(Float32Array.of(-1, -2));
  await thread.close();
});

test("errors keep name, message and code, and the thread goes on", async () => {
  const thread = open();
  await expect(thread.call("fail", "BROKEN")).rejects.toMatchObject({
    name: "OddError",
    message: "asked to fail",
    code: "BROKEN",
  });
  await expect(thread.call("unclonable", null)).rejects.toMatchObject({ name: "DataCloneError" });
  // @ts-expect-error The compiler says so too.
  const unclonable = thread.call("add", { a: 1, b: () => 1 });
  await expect(unclonable).rejects.toMatchObject({ name: "DataCloneError" });
  expect(await thread.call("add", { a: 1, b: 1 })).toBe(102);
  await thread.close();
});

test("events arrive in order, and before the answer of the call that made them", async () => {
  const thread = open();
  const seen: number[] = [];
  thread.on("counted", (value) => seen.push(value));
  await thread.call("count", 3);
  expect(seen).toEqual([0, 1, 2]);
  await thread.close();
});

test("closing lets calls under way finish and runs the thread's own hook", async () => {
  const thread = open();
  const answeredBeforeClosing: string[][] = [];
  thread.on("closing", (answered) => answeredBeforeClosing.push(answered));
  const last = thread.call("after", { turns: 10, value: "done" });
  await Promise.all([thread.close(), thread.close()]);
  expect(await last).toBe("done");
  expect(answeredBeforeClosing).toEqual([["done"]]);
  await expect(thread.call("add", { a: 1, b: 1 })).rejects.toThrow(ThreadExited);
});

test("a crash rejects everything that waits, and tells what of", async () => {
  const thread = open();
  const waiting = thread.call("after", { turns: 1_000_000, value: "never" });
  const crashing = thread.call("crash", null);
  const outcomes = await Promise.allSettled([waiting, crashing]);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "THREAD_EXITED" } });
  }
  const { exitCode, error } = await thread.exited;
  expect(exitCode).not.toBe(0);
  expect(error).toMatchObject({ message: "thrown where nobody catches" });
});

test("a thread that can't start is a thread that has ended", async () => {
  const thread = openThread<TestProtocol>(new URL("./no-such-thread.ts", import.meta.url));
  await expect(thread.call("add", { a: 1, b: 1 })).rejects.toThrow(ThreadExited);
  expect((await thread.exited).error).toBeDefined();
  await thread.close();
});
