import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import type { Breakage } from "./breakage.ts";

export interface Outcome {
  passed: string[];
  failed: string[];
  output: string;
}

interface Report {
  testResults: { assertionResults: { fullName: string; status: string }[] }[];
}

/** Runs the tests of a breakage's name with vitest in `dir`. */
export async function runTest(dir: string, { project, test, fails }: Breakage): Promise<Outcome> {
  const file = join(dir, "promises-report.json");
  rmSync(file, { force: true });
  const vitest = join(dir, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--project", project, test, "-t", RegExp.escape(fails)];
  const child = spawn(process.execPath, [...args, "--reporter=json", `--outputFile=${file}`], {
    cwd: dir,
    env: { ...process.env, CI: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => child.once("close", resolve));
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch (cause) {
    throw new Error(`vitest left no report for ${test}\n${output}`, { cause });
  }
  const names = (status: string) =>
    report.testResults
      .flatMap((result) => result.assertionResults)
      .filter((one) => one.status === status)
      .map((one) => one.fullName);
  return { passed: names("passed"), failed: names("failed"), output };
}
