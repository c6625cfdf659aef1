import { expect, test } from "vitest";
import { z } from "zod";

import { ConfigError, readConfig } from "./config.ts";

const Config = z.object({
  PORT: z.coerce.number().int().positive().default(8080),
  ONLINE: z.stringbool().default(true),
  DATABASE_URL: z.url(),
  SIGNING_KEY: z.string().min(8),
});

test("values come in their final type, defaults fill what is missing or empty", () => {
  const env = { PORT: "9", ONLINE: "", DATABASE_URL: "postgres://a", SIGNING_KEY: "12345678" };
  expect(readConfig(Config, env)).toEqual({ ...env, PORT: 9, ONLINE: true });
});

test("every bad variable is named at once, and no secret is shown", () => {
  const env = { PORT: "eighty", ONLINE: "perhaps", SIGNING_KEY: "hunter2" };
  const read = () => readConfig(Config, env);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/^4 settings are wrong/);
  expect(read).toThrow(/PORT is "eighty": .*number/);
  expect(read).toThrow(/ONLINE is "perhaps": /);
  expect(read).toThrow(/DATABASE_URL is not set: /);
  expect(read).toThrow(/SIGNING_KEY is set \(value not shown\): /);
  expect(read).not.toThrow(/hunter2/);
});
