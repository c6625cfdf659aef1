import { formatKey } from "@groundswell/contracts";
import { expect, test } from "vitest";

import { keyTrouble } from "./key-trouble.ts";

const key = (kind: "secret" | "write") =>
  formatKey({ kind, id: "a".repeat(12), secret: "b".repeat(32) });

test("a secret key passes, with the blanks of a paste", () => {
  expect(keyTrouble(` ${key("secret")}\n`)).toBeUndefined();
  expect(key("secret")).toHaveLength(59);
});

test("what is no secret key is told apart", () => {
  expect(keyTrouble(" ")).toContain("Paste");
  expect(keyTrouble(key("write"))).toContain("write key");
  expect(keyTrouble(key("secret").slice(1))).toContain("no secret key");
});
