/** `pnpm check`: everything that has to hold before a change is merged. Runs all of it, whatever fails. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

import { duration } from "./start/wording.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** Of the root's package.json, the quick ones first. */
const CHECKS = [
  ["types", "types"],
  ["lint", "lint"],
  ["format", "format:check"],
  ["unused code", "unused"],
  ["tests", "test"],
] as const;

const without = new Set(process.argv.slice(2).map((argument) => argument.replace(/^--no-/, "")));
const unknown = [...without].filter((name) => !CHECKS.some(([, script]) => script === name));
if (unknown.length > 0) {
  console.error(
    `pnpm check [${CHECKS.map(([, script]) => `--no-${script}`).join("] [")}]: there is no check ${unknown.join(", ")}`,
  );
  process.exit(2);
}

const results: { name: string; passed: boolean; ms: number }[] = [];
for (const [name, script] of CHECKS) {
  if (without.has(script)) continue;
  console.log(`\n── ${name} ──`);
  const began = performance.now();
  const child = spawn("pnpm", ["run", script], { cwd: ROOT, stdio: "inherit" });
  const [code] = await once(child, "exit");
  results.push({ name, passed: code === 0, ms: performance.now() - began });
}

console.log();
for (const { name, passed, ms } of results)
  console.log(`${passed ? "✓" : "✗"} ${name.padEnd(12)} ${duration(ms)}`);
const failed = results.filter(({ passed }) => !passed).length;
console.log(`Checks: ${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
