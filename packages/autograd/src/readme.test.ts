import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect, test } from "vitest";

const folder = resolve(import.meta.dirname, "..");
const example = resolve(folder, "examples/sine.ts");
const fineTuning = resolve(folder, "examples/fine-tune.ts");

test("the programs in the README are those that run", () => {
  const readme = readFileSync(resolve(folder, "README.md"), "utf8");
  const programs = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, program]) => program);
  expect(programs).toEqual([example, fineTuning].map((file) => readFileSync(file, "utf8")));
});

test("it learns the curve", () => {
  const said = execFileSync(process.execPath, [example], { encoding: "utf8" });
  const [, answer] = /sin 0\.5 = (\S+),/.exec(said) ?? [];
  expect(Number(answer)).toBeCloseTo(Math.sin(0.5), 1);
});

test("the exported model learns", () => {
  const said = execFileSync(process.execPath, [fineTuning], { encoding: "utf8" });
  const losses = [...said.matchAll(/loss (\S+)/g)].map(([, loss]) => Number(loss));
  expect(losses.at(-1)).toBeLessThan(losses[0]! / 10);
  expect(said).toContain("answers: y");
});
