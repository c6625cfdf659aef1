import { connect } from "node:net";
import { text } from "node:stream/consumers";

import type { FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";

import { createHttpApp, type HttpAppOptions } from "./http-app.ts";
import { createLogger } from "./logger.ts";
import { createMetrics } from "./metrics.ts";

let app: FastifyInstance;
let log = "";
afterEach(() => app.close());

function buildApp(options: Partial<HttpAppOptions> = {}): FastifyInstance {
  log = "";
  const destination = { write: (line: string) => (log += line) };
  const logger = createLogger({ service: "test", destination });
  app = createHttpApp({ logger, bodyLimit: 1000, ...options });
  const Item = z.object({ items: z.array(z.object({ "a/b": z.number() })) });
  app.post("/items", async (request) => Item.parse(request.body));
  app.get("/items/:id", async () => {
    throw Object.assign(new Error("No item x"), {
      statusCode: 404,
      code: "ITEM_NOT_FOUND",
      issues: [{ path: "/id", message: "unknown" }],
    });
  });
  app.get("/busy", async () => {
    throw Object.assign(new Error("full"), { statusCode: 503, code: "BUSY", retryAfter: 0.2 });
  });
  app.get("/broken", async () => {
    throw Object.assign(new Error("the password is 1234"), { code: "ECONNREFUSED" });
  });
  app.get("/nul", async () => {
    throw new Error("query failed", { cause: Object.assign(new Error(), { code: "22P05" }) });
  });
  return app;
}

test("a coded error is told as it is", async () => {
  const answer = await buildApp().inject("/items/7?key=secret");
  expect(answer.statusCode).toBe(404);
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toEqual({
    type: "about:blank",
    title: "Not Found",
    status: 404,
    code: "ITEM_NOT_FOUND",
    detail: "No item x",
    instance: "/items/7",
    issues: [{ path: "/id", message: "unknown" }],
  });
});

test("a zod error names the field by a JSON pointer", async () => {
  const answer = await buildApp().inject({
    method: "POST",
    url: "/items",
    payload: { items: [{ "a/b": 1 }, { "a/b": "one" }] },
  });
  expect(answer.json()).toMatchObject({
    status: 400,
    code: "BAD_REQUEST",
    issues: [{ path: "/items/1/a~1b" }],
  });
});

const json = { "content-type": "application/json" };
test.each([
  [
    "malformed JSON",
    { method: "POST", url: "/items", headers: json, payload: "{" },
    400,
    "BAD_JSON",
  ],
  ["an empty body", { method: "POST", url: "/items", headers: json }, 400, "BAD_JSON"],
  [
    "a prototype in JSON",
    { method: "POST", url: "/items", headers: json, payload: '{"__proto__":{}}' },
    400,
    "BAD_JSON",
  ],
  [
    "an oversized body",
    { method: "POST", url: "/items", headers: json, payload: JSON.stringify("x".repeat(2000)) },
    413,
    "BODY_TOO_LARGE",
  ],
  [
    "an unknown content type",
    { method: "POST", url: "/items", headers: { "content-type": "image/png" }, payload: "x" },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  ["an unknown route", { method: "GET", url: "/nowhere" }, 404, "NOT_FOUND"],
  ["a malformed URL", { method: "GET", url: "/items/%zz" }, 400, "BAD_URL"],
  ["a NUL in the URL", { method: "GET", url: "/items/%00" }, 400, "BAD_URL"],
  [
    "an endless parameter",
    { method: "GET", url: `/items/${"x".repeat(600)}` },
    414,
    "URL_TOO_LONG",
  ],
  ["a NUL that PostgreSQL refused", { method: "GET", url: "/nul" }, 400, "BAD_REQUEST"],
] as const)("%s is the client's mistake", async (_what, request, status, code) => {
  const answer = await buildApp().inject(request);
  expect(answer.statusCode).toBe(status);
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(answer.json()).toMatchObject({ status, code });
  expect(answer.headers["x-request-id"]).toBeTruthy();
});

test("an unforeseen error is logged under the request's id, and tells the client nothing", async () => {
  const answer = await buildApp().inject({ url: "/broken", headers: { "x-request-id": "r-1" } });
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ code: "INTERNAL" });
  expect(answer.body).not.toContain("1234");
  expect(JSON.parse(log)).toMatchObject({ reqId: "r-1", err: { message: "the password is 1234" } });
});

test("waiting is told in whole seconds", async () => {
  const answer = await buildApp().inject("/busy");
  expect(answer.statusCode).toBe(503);
  expect(answer.headers["retry-after"]).toBe("1");
});

test("another protocol may have errors in its own words", async () => {
  buildApp({ errorShape: (problem) => ({ ...problem, message: problem.detail }) });
  const answer = await app.inject("/items/7");
  expect(answer.json()).toMatchObject({ code: "ITEM_NOT_FOUND", message: "No item x" });
});

test("requests are named by us, or by a client with a plain name", async () => {
  buildApp();
  const name = async (given: string) =>
    (await app.inject({ url: "/livez", headers: { "x-request-id": given } })).headers[
      "x-request-id"
    ];
  expect(await name("trace-1")).toBe("trace-1");
  expect(await name("not plain!")).not.toBe("not plain!");
  expect((await app.inject("/livez")).headers["x-request-id"]).not.toBe(
    (await app.inject("/livez")).headers["x-request-id"],
  );
});

test("what is no HTTP gets a 400", async () => {
  const address = new URL(await buildApp().listen({ host: "127.0.0.1", port: 0 }));
  const socket = connect(Number(address.port), address.hostname);
  socket.write("NONSENSE\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
});

test("ready is what all checks say; live is whoever answers", async () => {
  let missing = false;
  const check = async () => {
    if (missing) throw new Error("connection refused");
  };
  buildApp({ checks: [{ name: "postgres", check }] });
  expect((await app.inject("/readyz")).json()).toEqual({ ready: true, failing: [] });
  missing = true;
  const answer = await app.inject("/readyz");
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toEqual({
    ready: false,
    failing: [{ name: "postgres", reason: "connection refused" }],
  });
  expect((await app.inject("/livez")).statusCode).toBe(200);
  missing = false;
  app.health.draining = true;
  expect((await app.inject("/readyz")).statusCode).toBe(503);
});

test("durations are counted by route template", async () => {
  buildApp({ metrics: createMetrics({ service: "test" }) });
  await app.inject("/items/1");
  await app.inject("/items/2");
  await app.inject("/nowhere");
  const { body } = await app.inject("/metrics");
  expect(body).toContain(
    'http_server_request_duration_seconds_count{service="test",http_request_method="GET",http_route="/items/:id",http_response_status_code="404"} 2',
  );
  expect(body).toMatch(/_count{.*http_route="\(none\)"/);
  expect(body).toContain("process_cpu_seconds_total");
});
