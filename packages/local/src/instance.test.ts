import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { openCacheDir } from "./cache-dir.ts";
import { claimInstance } from "./instance.ts";

let cacheDir: string;
beforeEach(() => {
  cacheDir = mkdtempSync(join(tmpdir(), "cache-"));
});
afterEach(() => rmSync(cacheDir, { recursive: true }));

const claim = (name: string, durable: boolean, checkout = tmpdir()) =>
  claimInstance({ cacheDir, checkout, name, durable });

test("a durable instance is found again, and refused while it runs", () => {
  const first = claim("demo", true);
  writeFileSync(join(first.dir, "data"), "kept");
  expect(() => claim("demo", true)).toThrow(
    new RegExp(`"demo" .* as process ${process.pid}: .*GROUNDSWELL_INSTANCE`),
  );
  expect(claim("other", true).dir).not.toBe(first.dir);
  expect(claim("demo", true, cacheDir).dir).not.toBe(first.dir);
  first.release();
  expect(existsSync(join(claim("demo", true).dir, "data"))).toBe(true);
});

test("throw-away instances stand side by side and go with their owner", () => {
  const [one, two] = [claim("test", false), claim("test", false)];
  expect(one.dir).not.toBe(two.dir);
  one.release();
  expect(existsSync(one.dir)).toBe(false);
  expect(existsSync(two.dir)).toBe(true);
});

test("what a killed owner left behind is removed", () => {
  const { dir } = claim("test", false);
  const abandoned = `${dir}-killed`;
  mkdirSync(abandoned);
  writeFileSync(join(abandoned, "owner.1"), JSON.stringify({ pid: 1, started: "gone" }));
  claim("test", false);
  expect(existsSync(abandoned)).toBe(false);
  expect(existsSync(dir)).toBe(true);
});

test("a name that is no folder name is refused", () => {
  expect(() => claim("../demo", true)).toThrow("GROUNDSWELL_INSTANCE");
});

test("the cache goes where it was told to; a place that can't be made is named", () => {
  const dir = join(cacheDir, "a b", "c");
  expect(openCacheDir({ GROUNDSWELL_CACHE_DIR: dir }, undefined)).toBe(dir);
  const file = join(cacheDir, "file");
  writeFileSync(file, "");
  const impossible = join(file, "cache");
  expect(() => openCacheDir({ GROUNDSWELL_CACHE_DIR: impossible }, undefined)).toThrow(
    `can't make ${impossible}: set GROUNDSWELL_CACHE_DIR`,
  );
});

test("a place that the account of the servers can't enter is refused with its name", () => {
  const account = { name: "nobody", uid: 65_534, gid: 65_534 };
  const env = { GROUNDSWELL_CACHE_DIR: join(cacheDir, "inside") };
  chmodSync(cacheDir, 0o700);
  expect(() => openCacheDir(env, account)).toThrow(
    `nobody, which runs PostgreSQL, can't enter ${cacheDir}`,
  );
  chmodSync(cacheDir, 0o755);
  expect(openCacheDir(env, account)).toBe(env.GROUNDSWELL_CACHE_DIR);
});
