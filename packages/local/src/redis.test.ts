import { expect, test } from "vitest";

import { redisConfig } from "./redis.ts";

test("a folder may have spaces and quotes in its name", () => {
  const text = redisConfig({ port: 1, data: String.raw`/a b/"c"\d`, durable: true });
  expect(text).toContain(String.raw`dir "/a b/\"c\"\\d"` + "\n");
});

test("only a durable instance writes a log of its changes", () => {
  const config = { port: 1, data: "/d" };
  expect(redisConfig({ ...config, durable: true })).toContain("appendonly yes\n");
  expect(redisConfig({ ...config, durable: false })).toContain("appendonly no\n");
});
