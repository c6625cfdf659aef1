import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect, test } from "vitest";

const folder = resolve(import.meta.dirname, "..");
const example = resolve(folder, "examples/sine.ts");

test("the program in the README is the one that runs", () => {
  const readme = readFileSync(resolve(folder, "README.md"), "utf8");
  const [, program] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  expect(program).toBe(readFileSync(example, "utf8"));
});

test("it learns the curve", () => {
  const said = execFileSync(process.execPath, [example], { encoding: "utf8" });
  const [, answer] = /sin 0\.5 = (\S+),/.exec(said) ?? [];
  expect(Number(answer)).toBeCloseTo(Math.sin(0.5), 1);
});
