import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

import { afterEach, beforeEach, expect, test } from "vitest";

import { claimFolder, ownerOf } from "./owner-file.ts";
import { isRunning, processStart, thisProcess } from "./process-identity.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "owner-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a folder has one owner until it is released", () => {
  const self = thisProcess();
  const first = claimFolder(folder, self);
  expect(claimFolder(folder, self)).toEqual({ taken: true, owner: self });
  expect(ownerOf(folder)).toEqual(self);
  if (!first.taken) first.release();
  expect(ownerOf(folder)).toBeUndefined();
  expect(claimFolder(folder, self).taken).toBe(false);
});

test("a dead owner is outnumbered, also where its pid runs again", () => {
  const recycled = { pid: process.pid, started: "another boot:1" };
  writeFileSync(join(folder, "owner.7"), JSON.stringify(recycled));
  expect(ownerOf(folder)).toBeUndefined();
  expect(claimFolder(folder, thisProcess()).taken).toBe(false);
  expect(readdirSync(folder)).toEqual(["owner.8"]);
});

test("of many that claim a dead owner's folder at once, one gets it", async () => {
  const module = pathToFileURL(join(import.meta.dirname, "owner-file.ts")).href;
  const identity = pathToFileURL(join(import.meta.dirname, "process-identity.ts")).href;
  const program = `
    const { claimFolder } = await import(${JSON.stringify(module)});
    const { thisProcess } = await import(${JSON.stringify(identity)});
    const { parentPort, workerData } = await import("node:worker_threads");
    const self = thisProcess();
    Atomics.add(workerData.gate, 0, 1);
    Atomics.notify(workerData.gate, 0);
    Atomics.wait(workerData.gate, 1, 0);
    parentPort.postMessage(claimFolder(workerData.folder, self).taken);`;
  const count = 6;
  writeFileSync(join(folder, "owner.3"), JSON.stringify({ pid: 1, started: "gone" }));
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const claims = Array.from({ length: count }, () => {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`), {
      workerData: { folder, gate },
    });
    return new Promise<boolean>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  });
  // All of them stand at the gate before it opens.
  for (let at = Atomics.load(gate, 0); at < count; at = Atomics.load(gate, 0))
    await Atomics.waitAsync(gate, 0, at).value;
  Atomics.store(gate, 1, 1);
  Atomics.notify(gate, 1);
  const taken = await Promise.all(claims);
  expect(taken.filter((one) => !one)).toHaveLength(1);
});

test("a process is told apart from a later one with its pid", () => {
  expect(isRunning(thisProcess())).toBe(true);
  expect(isRunning({ pid: process.pid, started: "another" })).toBe(false);
  expect(processStart(2 ** 22 + 1)).toBeUndefined();
});
