import { expect, test } from "vitest";

import { pseudonym } from "./pseudonym.ts";

const key = Buffer.from("a key of some project");

test("the same person is the same, under one key and one kind of id", () => {
  const ann = pseudonym(key, "user", "ann");
  expect(pseudonym(key, "user", "ann")).toBe(ann);
  expect(pseudonym(Buffer.from("another key"), "user", "ann")).not.toBe(ann);
  expect(pseudonym(key, "anonymous", "ann")).not.toBe(ann);
  expect(pseudonym(key, "user", "Ann")).not.toBe(ann);
});

test("it is a UUID of version 8", () => {
  expect(pseudonym(key, "user", "ann")).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test("it never changes: stored data would be lost", () => {
  expect(pseudonym(Buffer.alloc(32, 1), "user", "ann")).toMatchInlineSnapshot(
    `"5a1f1e79-a2d3-823a-b282-bbbbbcced971"`,
  );
});
