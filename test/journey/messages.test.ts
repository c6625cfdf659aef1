import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { uuid7Generator } from "@groundswell/contracts";
import { loadMessages } from "@groundswell/messages";
import type { Results } from "@groundswell/scripts/story/results";
import { tellStory } from "@groundswell/scripts/story/tell-story";
import { createTerminal } from "@groundswell/scripts/terminal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { runPlatform, type RunningPlatform } from "./running-platform.ts";

const folder = join(
  process.env["GROUNDSWELL_DATA"] ?? resolve(import.meta.dirname, "../../../shared/data"),
  "banking77",
);
const present = existsSync(join(folder, "train.csv"));
if (!present)
  console.warn(`No ${folder}/train.csv: the journey of messages is skipped (GROUNDSWELL_DATA)`);

describe.skipIf(!present)("support requests in 77 topics", () => {
  let running: RunningPlatform;
  let results: Results;
  const told: string[] = [];

  beforeAll(async () => {
    const file = (name: string) => ({ name, bytes: readFileSync(join(folder, name)) });
    const { app } = await loadMessages({
      data: file("train.csv"),
      exam: file("test.csv"),
      columns: { text: "text", label: "category" },
      seed: 1,
    });
    running = await runPlatform();
    results = await tellStory({
      app,
      client: running.connect({ patienceMs: 60_000 }),
      terminal: createTerminal({ write: (line) => told.push(line) }, Date.now),
      newId: uuid7Generator(Date.now),
      clock: Date.now,
      seed: 1,
      perSecond: 500,
      signal: new AbortController().signal,
    });
  }, 300_000);

  afterAll(async () => {
    await running.stop();
  });

  test("the model knows most topics after the stream, and more after fine-tuning", () => {
    const { empty, online, tuned } = results.exams;
    expect(empty.right / empty.of).toBeLessThan(0.05);
    expect(online.right / online.of).toBeGreaterThan(0.85);
    expect((tuned?.right ?? 0) / empty.of).toBeGreaterThan(0.88);
    expect(tuned?.version).toBe(results.run?.version);
  });

  test("what passed the gate is the champion, and nothing else", () => {
    const champion = results.versions.find(({ aliases }) => aliases.includes("champion"));
    const { run } = results;
    expect(champion?.number).toBe(run?.gate?.passed ? run.version : 1);
  });

  test("it is told what was learned, what was not, and why", () => {
    const text = told.join("");
    expect(text).toContain("never agreed to training");
    expect(text).toContain("after fine-tuning");
  });
});
