import { readdirSync, readFileSync } from "node:fs";
import { platform } from "node:process";

import { expect, test } from "vitest";

import { SessionError } from "../errors.ts";
import { checkUntrusted } from "./check.ts";
import type { CheckedModel } from "./check.ts";
import { isolationHere } from "./isolation.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { feedsOf, mutantOf } from "./mutants.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import { ModelRefused } from "./refusal.ts";
import { SandboxEnded, startSandbox } from "./sandbox.ts";

// `pnpm fuzz:onnx` tries thousands of these; here, enough to notice that something broke.

const FILES = new URL("../../../autograd/test-data/", import.meta.url);
const corpus = readdirSync(FILES)
  .filter((file) => file.endsWith(".onnx"))
  .toSorted()
  .map((file) => new Uint8Array(readFileSync(new URL(file, FILES))));

const SEED = 7;
const policy = { ...DEFAULT_POLICY, elements: 2 ** 16 };

function checked(number: number): CheckedModel | ModelRefused {
  try {
    return checkUntrusted(mutantOf(corpus, SEED, number).bytes, policy);
  } catch (error) {
    if (error instanceof ModelRefused) return error;
    throw error;
  }
}

test("the check takes or refuses whatever it is given", () => {
  const outcomes = Array.from({ length: 500 }, (_, number) => checked(number));
  const refused = outcomes.filter((outcome) => outcome instanceof ModelRefused);
  const reasons = new Set(refused.map(({ reason }) => reason));
  expect(reasons).toContain("format");
  expect(reasons).toContain("unknown-value");
  expect(refused.length).toBeLessThan(outcomes.length);
});

test.runIf(platform === "linux")(
  "what it takes ends in the sandbox, one way or the other",
  async () => {
    const confinement = { withoutNetwork: (await isolationHere()).network.holds };
    let sandbox = startSandbox(DEFAULT_LIMITS, confinement);
    const ends: string[] = [];
    for (let number = 0; ends.length < 15; number++) {
      const outcome = checked(number);
      if (outcome instanceof ModelRefused) continue;
      const { graph } = outcome.model;
      try {
        await sandbox.load(outcome.bytes);
        const feeds = feedsOf(graph, mutantOf(corpus, SEED, number).feedSeed);
        await sandbox.run(
          feeds,
          graph.outputs.map(({ name }) => name),
        );
        ends.push("ran");
      } catch (error) {
        if (!(error instanceof SessionError || error instanceof SandboxEnded)) throw error;
        ends.push(error.code);
        if (error instanceof SandboxEnded) sandbox = startSandbox(DEFAULT_LIMITS, confinement);
      }
    }
    await sandbox.close();
    expect(ends).toContain("ran");
  },
);
