import { expect, test } from "vitest";

import { keepThread } from "./kept-thread.ts";

/** Counts in memory, and breaks when told to. */
const source = `
  import { serveThread } from "@groundswell/onnx";
  let count = 0;
  serveThread({
    count: () => ++count,
    breakDown: () => setImmediate(() => { throw new Error("broken"); }) && 0,
  });
`;

interface Counting {
  calls: {
    count: { payload: null; result: number };
    breakDown: { payload: null; result: number };
  };
  events: Record<string, never>;
}

test("a thread that breaks is replaced by one that begins anew", async () => {
  const told: string[] = [];
  const ended = Promise.withResolvers<void>();
  const replaced = Promise.withResolvers<void>();
  const onnx = import.meta.resolve("@groundswell/onnx");
  const module = source.replace('"@groundswell/onnx"', JSON.stringify(onnx));
  const thread = keepThread<Counting>({
    url: new URL(`data:text/javascript,${encodeURIComponent(module)}`),
    data: null,
    onOpened: () => told.push("opened"),
    onEnded: (error) => {
      told.push(`ended: ${String(error)}`);
      ended.resolve();
    },
    onReplaced: () => replaced.resolve(),
  });
  const count = () => thread.current().call("count", null);
  expect([await count(), await count()]).toEqual([1, 2]);
  await thread.current().call("breakDown", null);
  await ended.promise;
  await expect(count()).rejects.toMatchObject({ code: "THREAD_EXITED" });
  expect(thread.alive()).toBe(false);
  await replaced.promise;
  expect(thread.alive()).toBe(true);
  expect(await count()).toBe(1);
  expect(told).toEqual(["opened", "ended: Error: broken", "opened"]);
  await thread.close();
});
