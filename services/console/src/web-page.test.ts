import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createHttpApp, createLogger } from "@groundswell/bootstrap";
import { afterAll, expect, test } from "vitest";

import { addWebPage } from "./web-page.ts";

const folder = mkdtempSync(join(tmpdir(), "groundswell-web-"));
mkdirSync(join(folder, "assets"));
writeFileSync(join(folder, "index.html"), "<!doctype html><title>The dashboard</title>");
writeFileSync(join(folder, "icon.svg"), "<svg/>");
writeFileSync(join(folder, "assets/index-B1c2D3e4.js"), "export {}");
const app = createHttpApp({
  logger: createLogger({ service: "web", level: "fatal" }),
  bodyLimit: 1,
});
await addWebPage(app, folder);
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

test("the page is served at / and may load nothing from elsewhere", async () => {
  const page = await app.inject("/");
  expect(page.body).toContain("The dashboard");
  expect(page.headers).toMatchObject({
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  const policy = String(page.headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});

test("only a file whose name holds its hash is kept for ever", async () => {
  const script = await app.inject("/assets/index-B1c2D3e4.js");
  expect(script.headers["cache-control"]).toContain("immutable");
  expect((await app.inject("/icon.svg")).headers["cache-control"]).toBe("no-cache");
});

test("what is not there is a problem, and no file outside of the folder is served", async () => {
  for (const url of ["/other.js", "/../package.json", "/%2e%2e/package.json", "/assets/"]) {
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(404);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
  }
});
