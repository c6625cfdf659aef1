import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { replaceFile } from "./replace-file.ts";

const folder = await mkdtemp(join(tmpdir(), "replace-file-"));
afterAll(() => rm(folder, { recursive: true }));

test("a file is replaced whole, and nothing else is left", async () => {
  const path = join(folder, "training.safetensors");
  await replaceFile(path, Uint8Array.of(1, 2, 3));
  await replaceFile(path, Uint8Array.of(4));
  expect([...(await readFile(path))]).toEqual([4]);
  expect(await readdir(folder)).toEqual(["training.safetensors"]);
  await expect(replaceFile(join(folder, "nowhere", "x"), Uint8Array.of(1))).rejects.toThrow(
    /ENOENT/,
  );
});

test("of many writers at once one has it, whole", async () => {
  const path = join(folder, "contended");
  const contents = Array.from({ length: 8 }, (_, i) => new Uint8Array(50_000).fill(i));
  await Promise.all(contents.map((content) => replaceFile(path, content)));
  const found = await readFile(path);
  expect(contents.some((content) => Buffer.compare(found, content) === 0)).toBe(true);
  expect((await readdir(folder)).toSorted()).toEqual(["contended", "training.safetensors"]);
});
