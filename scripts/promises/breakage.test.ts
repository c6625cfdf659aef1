import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { expect, test } from "vitest";

import { parseBreakage } from "./breakage.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = join(root, "test/promises");
const patches = readdirSync(folder).filter((file) => file.endsWith(".patch"));
const hasGit = spawnSync("git", ["--version"]).status === 0;
if (!hasGit) console.warn("No git here: whether the breakages apply is not tried");

// That each turns its test red takes minutes (`pnpm promises`); that it can be tried is known here.
test.skipIf(!hasGit).each(patches)(
  "%s breaks something that is there, and names a test file that is",
  (file) => {
    const path = join(folder, file);
    const breakage = parseBreakage(file, readFileSync(path, "utf8"));
    expect(existsSync(join(root, breakage.test))).toBe(true);
    const { status, stderr } = spawnSync("git", ["apply", "--check", path], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  },
);
