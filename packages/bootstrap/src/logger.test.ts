import { expect, test } from "vitest";

import { createLogger } from "./logger.ts";

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  let lines = "";
  const destination = { write: (line: string) => (lines += line) };
  write(createLogger({ service: "test", level: "debug", destination }));
  return lines;
}

test("lines say who, how grave and when", () => {
  const line: unknown = JSON.parse(logged((log) => log.warn({ rows: 3 }, "slow")));
  expect(line).toMatchObject({ service: "test", level: "warn", msg: "slow", rows: 3 });
  expect(line).toHaveProperty("time", expect.stringMatching(/^\d{4}-.*Z$/));
});

test("a secret is left out, by its name or by its look", () => {
  const text = logged((log) => {
    log.info({ req: { headers: { authorization: "Bearer s3cret-1", cookie: "s3cret-2" } } });
    log.info({ password: "s3cret-3", user: { apiKey: "s3cret-4" }, writeKey: "s3cret-5" });
    log.info("used gs_sk_s3cret6_s3cret at postgres://app:s3cret-7@db:5432/app");
    log.error(new Error("GET /v1/track?writeKey=s3cret-8&x=1 failed"));
  });
  expect(text).not.toContain("s3cret");
  expect(text).toContain("postgres://app:[redacted]@db:5432/app");
  for (const line of text.trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
});
