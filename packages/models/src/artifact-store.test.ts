import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { openArtifactStore } from "./artifact-store.ts";

const folder = mkdtempSync(join(tmpdir(), "groundswell artifacts "));
afterAll(() => rmSync(folder, { recursive: true }));
const store = openArtifactStore(join(folder, "not", "there yet"));
const filesOf = (project: string) =>
  readdirSync(join(folder, "not", "there yet", project), { recursive: true, encoding: "utf8" });
const pathOf = (project: string, sha256: string) =>
  join(folder, "not", "there yet", project, sha256.slice(0, 2), sha256);

test("what was put comes back, under the name of its content", async () => {
  const content = Buffer.from("weights");
  const ref = await store.put("p1", content);
  expect(ref).toEqual({
    sha256: "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c",
    bytes: 7,
  });
  expect(await store.get("p1", ref.sha256)).toEqual(content);
});

test("another project does not have it", async () => {
  const ref = await store.put("p1", Buffer.from("of p1"));
  await expect(store.get("p2", ref.sha256)).rejects.toMatchObject({ code: "ARTIFACT_MISSING" });
});

test("a damaged file is never handed out, and is healed by whoever puts its content again", async () => {
  const content = Buffer.from("some longer content");
  const { sha256 } = await store.put("p3", content);
  truncateSync(pathOf("p3", sha256), 4);
  await expect(store.get("p3", sha256)).rejects.toMatchObject({ code: "ARTIFACT_CORRUPT" });
  writeFileSync(pathOf("p3", sha256), content.toReversed());
  await expect(store.get("p3", sha256)).rejects.toMatchObject({ code: "ARTIFACT_CORRUPT" });
  await store.put("p3", content);
  expect(await store.get("p3", sha256)).toEqual(content);
});

test("many who write the same at once leave one whole file and nothing else", async () => {
  const content = Buffer.alloc(300_000, 7);
  const refs = await Promise.all(Array.from({ length: 10 }, () => store.put("p4", content)));
  const { sha256 } = refs[0] ?? { sha256: "" };
  expect(filesOf("p4").toSorted()).toEqual([sha256.slice(0, 2), join(sha256.slice(0, 2), sha256)]);
  expect(await store.get("p4", sha256)).toEqual(content);
});

test("removing twice is removing once", async () => {
  const { sha256 } = await store.put("p5", Buffer.from("gone soon"));
  await store.remove("p5", sha256);
  await store.remove("p5", sha256);
  await expect(store.get("p5", sha256)).rejects.toMatchObject({ code: "ARTIFACT_MISSING" });
});

test("a name that is no hash, or a project that is a path, reaches no file", async () => {
  const { sha256 } = await store.put("p6", Buffer.from("x"));
  await expect(store.get("p6", `../p6/${sha256}`)).rejects.toMatchObject({
    code: "ARTIFACT_MISSING",
  });
  await expect(store.get("../p6", sha256)).rejects.toMatchObject({ code: "ARTIFACT_MISSING" });
});
