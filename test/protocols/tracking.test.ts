import { gzipSync } from "node:zlib";

import { createLogger, createMetrics } from "@groundswell/bootstrap";
import { readInbox } from "@groundswell/db";
import { type Envelope, itemsOf, readEnvelopes } from "@groundswell/feedback";
import { buildIngest } from "@groundswell/ingest";
import { testEnv } from "@groundswell/local/testing";
import { Analytics } from "@segment/analytics-node";
import { afterAll, expect, test } from "vitest";

import { newProject, openDatabases } from "../setup/project.ts";

const env = await testEnv();
const databases = openDatabases(env.databaseUrl);
const ingest = await buildIngest({
  accepting: databases.accept,
  database: databases.request,
  redisUrl: env.redisUrl,
  prefix: env.prefix,
  itemsPerMinute: 600_000,
  lingerMs: 0,
  clock: () => new Date(),
  logger: createLogger({ service: "ingest", level: "silent" }),
  metrics: createMetrics({ service: "ingest" }),
});
const origin = await ingest.app.listen({ host: "127.0.0.1", port: 0 });
afterAll(async () => {
  await ingest.app.close();
  await ingest.close();
  await databases.close();
});
const { projectId, newKey } = await newProject(databases);
const writeKey = await newKey("write");
const basic = `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`;

/** Every request that was accepted, in order. */
async function accepted(): Promise<Envelope[]> {
  const ids = await databases.worker.query<{ inbox_id: number }>(
    "select inbox_id from inbox where project_id = $1 order by inbox_id",
    [projectId],
  );
  const rows = await readInbox(
    databases.worker,
    ids.map((row) => row.inbox_id),
  );
  return rows.flatMap((row) => readEnvelopes(row.body));
}

const lastItems = async () => {
  const last = (await accepted()).at(-1);
  return last ? itemsOf(last) : [];
};

const event = (messageId: string, more: object = {}) => ({
  type: "track",
  messageId,
  userId: "ann",
  event: "Opened",
  timestamp: new Date().toISOString(),
  ...more,
});

async function send(
  path: string,
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  const answer = await fetch(origin + path, { method: "POST", body, headers });
  const parsed = (await answer.json()) as Record<string, unknown>;
  return { status: answer.status, headers: answer.headers, body: parsed };
}

test("Segment's client for Node, unmodified: what it sends is on disk when it says so", async () => {
  const analytics = new Analytics({ writeKey, host: origin, path: "/v1/batch", maxRetries: 0 });
  const delivered: string[] = [];
  const failed: unknown[] = [];
  analytics.on("error", (error) => failed.push(error));
  const told = (error?: unknown) => (error ? failed.push(error) : delivered.push("ok"));
  const context = { consent: { categoryPreferences: { model_training: true } } };
  const properties = { prediction_id: "0199aaaa-0000-7000-8000-000000000001", value: true };
  analytics.track({ userId: "ann", event: "Feedback Given", properties, context }, told);
  analytics.identify({ userId: "ann", traits: { plan: "pro" } }, told);
  analytics.page({ anonymousId: "device", name: "Home" }, told);
  analytics.screen({ userId: "ann", name: "Main" }, told);
  analytics.group({ userId: "ann", groupId: "team" }, told);
  analytics.alias({ userId: "ann", previousId: "device" }, told);
  await analytics.closeAndFlush();
  expect(failed).toEqual([]);
  expect(delivered).toHaveLength(6);
  const items = await lastItems();
  expect(items.map((item) => (item as { type: string }).type)).toEqual([
    "track",
    "identify",
    "page",
    "screen",
    "group",
    "alias",
  ]);
  expect(items[0]).toMatchObject({ userId: "ann", properties, context });
});

test("analytics-python: no Authorization, the key in the body, plain or gzipped", async () => {
  const body = JSON.stringify({
    batch: [event("py-1")],
    sentAt: new Date().toISOString(),
    writeKey,
  });
  const plain = await send("/v1/batch", body, { "content-type": "application/json" });
  expect(plain).toMatchObject({
    status: 200,
    body: { success: true, results: [{ messageId: "py-1", result: "ok" }] },
  });
  const packed = await send("/v1/batch", gzipSync(body.replace("py-1", "py-2")), {
    "content-type": "application/json",
    "content-encoding": "gzip",
  });
  expect(packed.body.results).toEqual([{ messageId: "py-2", result: "ok" }]);
  expect(await lastItems()).toMatchObject([{ messageId: "py-2" }]);
  const refused = await send("/v1/batch", JSON.stringify({ batch: [event("py-3")] }));
  expect(refused.status).toBe(401);
  // Without these two, it raises in place of handling the error.
  expect(refused.body).toMatchObject({ code: "UNAUTHORIZED", message: expect.any(String) });
});

test("rudder-sdk-node: Basic, gzip, and a form's content type around JSON", async () => {
  const answer = await send("/v1/batch", gzipSync(JSON.stringify({ batch: [event("r-1")] })), {
    authorization: basic,
    "content-encoding": "gzip",
    "content-type": "application/x-www-form-urlencoded",
  });
  expect(answer.body).toEqual({ success: true, results: [{ messageId: "r-1", result: "ok" }] });
});

test("a browser: text/plain after a preflight, one message a request", async () => {
  const preflight = await fetch(`${origin}/v1/t`, {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,x-retry-count",
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
  expect(preflight.headers.get("access-control-allow-headers")).toBe(
    "Authorization, Content-Type, Idempotency-Key, X-Retry-Count",
  );
  const answer = await send("/v1/t", JSON.stringify({ ...event("b-1"), type: undefined }), {
    authorization: basic,
    "content-type": "text/plain",
    origin: "https://app.example",
    "x-retry-count": "2",
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect((await accepted()).at(-1)).toMatchObject({ type: "track", body: { messageId: "b-1" } });
  const refused = await send("/v1/track", "{", { authorization: basic });
  expect(refused.headers.get("access-control-allow-origin")).toBe("*");
});

test("the key in the query, and no content type at all", async () => {
  const answer = await send(
    `/v1/batch?writeKey=${writeKey}`,
    Buffer.from(JSON.stringify({ batch: [event("q")] })),
  );
  expect(answer.body.results).toEqual([{ messageId: "q", result: "ok" }]);
});

test("each message has its own result; a bad one is dropped with the reason, a batch never fails for it", async () => {
  const batch = [
    event("good"),
    event("nul", { properties: { text: "a\0b" } }),
    event("big", { properties: { text: "x".repeat(40_000) } }),
    { ...event("typeless"), type: "telepathy" },
    { type: "track", messageId: "nameless", userId: "ann" },
    "text",
    { ...event("x"), messageId: undefined },
  ];
  const answer = await send("/v1/batch", JSON.stringify({ batch }), { authorization: basic });
  expect(answer.status).toBe(200);
  expect(answer.body.results).toMatchObject([
    { messageId: "good", result: "ok" },
    { messageId: "nul", result: "drop", detail: expect.stringContaining("NUL") },
    { messageId: "big", result: "drop", detail: expect.stringContaining("32768") },
    { messageId: "typeless", result: "drop", detail: expect.stringContaining("/type") },
    { messageId: "nameless", result: "drop" },
    { messageId: null, result: "drop" },
    { messageId: null, result: "warning" },
  ]);
  expect(await lastItems()).toHaveLength(batch.length);
});

test.each([
  ["no JSON", "<xml/>", 400],
  ["no batch", "{}", 400],
  ["an empty batch", '{"batch":[]}', 400],
  ["too many", JSON.stringify({ batch: Array.from({ length: 2_501 }, () => 1) }), 413],
  ["too large", JSON.stringify({ batch: ["x".repeat(600_000)] }), 413],
])("a whole request that can't be used says why: %s", async (_what, body, status) => {
  const answer = await send("/v1/batch", body, { authorization: basic });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({
    status,
    code: expect.any(String),
    message: expect.any(String),
  });
});

test("a batch that unpacks to more than the limit is refused, not unpacked", async () => {
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, " "));
  expect(bomb.length).toBeLessThan(500 * 1024);
  const answer = await send("/v1/batch", bomb, {
    authorization: basic,
    "content-encoding": "gzip",
  });
  expect(answer.status).toBe(413);
});
