/**
 * Breaks each promise once, in a copy of this checkout, and expects its test to go red.
 *
 * A breakage is one small patch in `test/promises/`, headed by three lines:
 *
 *     Promise: 2 Twice is once
 *     Test: database packages/feedback/src/winner.test.ts
 *     Fails: the greatest value wins
 *
 * `pnpm promises [number or part of a file name …]` runs them, or the chosen ones.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { type Breakage, parseBreakage } from "./promises/breakage.ts";
import { makeCopy } from "./promises/copy.ts";
import { runTest } from "./promises/run-test.ts";

const root = resolve(import.meta.dirname, "..");
const folder = join(root, "test/promises");
const wanted = process.argv.slice(2);
if (wanted.includes("--help")) {
  console.log(
    "pnpm promises [number or part of a file name …]: breaks promises, expects red tests",
  );
  process.exit(0);
}

const isWanted = ({ file, promise }: Breakage) =>
  wanted.length === 0 || wanted.some((one) => file.includes(one) || promise.startsWith(`${one} `));
const breakages = readdirSync(folder)
  .filter((file) => file.endsWith(".patch"))
  .toSorted()
  .map((file) => parseBreakage(file, readFileSync(join(folder, file), "utf8")))
  .filter(isWanted);
if (breakages.length === 0) {
  console.error(
    `No breakage matches ${wanted.join(", ")}; there are ${readdirSync(folder).join(", ")}`,
  );
  process.exit(2);
}

const copy = makeCopy(root);
let failed = 0;
try {
  for (const breakage of breakages) {
    const problem = await judge(breakage);
    if (problem) failed++;
    console.log(
      `${problem ? "✗" : "✓"} ${breakage.promise.padEnd(34)} ${breakage.file}${problem ? `\n    ${problem}` : ""}`,
    );
  }
} finally {
  copy.remove();
}
console.log(`Promises: ${breakages.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

/** @returns what is wrong with the test, or undefined where it guards its promise */
async function judge(breakage: Breakage): Promise<string | undefined> {
  const whole = await runTest(copy.dir, breakage);
  if (whole.failed.length > 0) return `red without the breakage: ${whole.failed.join(", ")}`;
  if (!whole.passed.some((name) => name.includes(breakage.fails)))
    return `no test named "${breakage.fails}" ran: ${whole.output.slice(-600)}`;
  const unpatched = copy.apply(join(folder, breakage.file));
  if (unpatched) return unpatched;
  try {
    const broken = await runTest(copy.dir, breakage);
    return broken.failed.some((name) => name.includes(breakage.fails))
      ? undefined
      : `still green with the promise broken: ${broken.output.slice(-600)}`;
  } finally {
    copy.revert(join(folder, breakage.file));
  }
}
