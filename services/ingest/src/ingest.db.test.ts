import { randomBytes, randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";

import { createLogger, createMetrics } from "@groundswell/bootstrap";
import { formatKey, type KeyKind } from "@groundswell/contracts";
import {
  createApiKey,
  createProject,
  openDatabase,
  readInbox,
  revokeApiKey,
} from "@groundswell/db";
import { pseudonym, readEnvelopes } from "@groundswell/feedback";
import { testEnv } from "@groundswell/local/testing";
import type { InjectOptions } from "fastify";
import { afterAll, expect, test } from "vitest";

import { buildIngest } from "./index.ts";

const env = await testEnv();
const databases = {
  accept: openDatabase(env.databaseUrl, { role: "accept" }),
  request: openDatabase(env.databaseUrl, { role: "request" }),
  worker: openDatabase(env.databaseUrl, { role: "worker" }),
  maintenance: openDatabase(env.databaseUrl, { role: "maintenance", max: 1 }),
};
let now = Date.now();
const clock = () => new Date(now);
const build = (
  overrides: { redisUrl?: string; itemsPerMinute?: number; databaseUrl?: string } = {},
) =>
  buildIngest({
    accepting: databases.accept,
    database: databases.request,
    redisUrl: env.redisUrl,
    prefix: env.prefix,
    itemsPerMinute: 600_000,
    lingerMs: 0,
    clock,
    logger: createLogger({ service: "ingest", level: "silent" }),
    metrics: createMetrics({ service: "ingest" }),
    ...overrides,
  });
const ingest = await build();
afterAll(async () => {
  await ingest.app.close();
  await ingest.close();
  for (const database of Object.values(databases)) await database.close();
});

const projectId = randomUUID();
const pseudonymKey = randomBytes(32);
await createProject(databases.maintenance, { projectId, name: "test", pseudonymKey, now: clock() });
const secretKey = await newKey("secret");
const writeKey = await newKey("write");

async function newKey(kind: KeyKind): Promise<string> {
  const id = randomBytes(6).toString("hex");
  const secret = randomBytes(16).toString("hex");
  await createApiKey(databases.maintenance, {
    projectId,
    keyId: id,
    kind,
    secret,
    label: "",
    now: clock(),
  });
  return formatKey({ kind, id, secret });
}

const post = (url: string, body: object | string | Buffer, options: InjectOptions = {}) =>
  ingest.app.inject({
    method: "POST",
    url,
    ...options,
    payload: body,
    headers: {
      authorization: `Bearer ${secretKey}`,
      "content-type": "application/json",
      ...options.headers,
    },
  });

/** What the newest row of the inbox holds. */
async function lastAccepted() {
  const [last] = await databases.worker.query<{ inbox_id: number }>(
    "select inbox_id from inbox where project_id = $1 order by inbox_id desc limit 1",
    [projectId],
  );
  const [row] = await readInbox(databases.worker, [last?.inbox_id ?? 0]);
  return row ? { items: row.items, envelopes: readEnvelopes(row.body) } : undefined;
}

const feedback = (id: string) => ({ id, prediction_id: randomUUID(), value: true });

test("one feedback, and many, are in the inbox before the answer", async () => {
  const one = feedback("f-1");
  const single = await post("/api/v1/feedback", one);
  expect(single.statusCode).toBe(207);
  expect(single.json()).toEqual({ results: [{ id: "f-1", status: "accepted" }] });
  expect(await lastAccepted()).toEqual({
    items: 1,
    envelopes: [{ kind: "feedback", key: "secret", keyId: secretKey.split("_")[2], body: one }],
  });

  const items = [feedback("f-2"), feedback("f-3")];
  const many = await post("/api/v1/feedback", { items });
  expect(many.json().results).toHaveLength(2);
  expect(await lastAccepted()).toMatchObject({ items: 2, envelopes: [{ body: { items } }] });
});

test("a bad item is told where it is wrong, and costs its neighbours nothing", async () => {
  const million = "x".repeat(1_000_000);
  const bad = [
    [{ ...feedback("a"), value: { nested: true } }, "/value"],
    [{ ...feedback("b"), prediction_id: "none" }, "/prediction_id"],
    [{ ...feedback("c"), comment: "a\0b" }, "/comment"],
    [{ ...feedback("d"), occurred_at: "yesterday" }, "/occurred_at"],
    [{ ...feedback("e"), subject: undefined, consent: { model_training: true } }, "/subject"],
    [{ ...feedback("f"), comment: million }, "/comment"],
    [{ ...feedback("g"), id: 7.5 }, "/id"],
  ] as const;
  const unknown = { ...feedback("h"), colour: "red" };
  const items = [...bad.map(([item]) => item), unknown, null, 3, [], feedback("good")];
  const answer = await post("/api/v1/feedback", { items });
  expect(answer.statusCode).toBe(207);
  const { results } = answer.json<{ results: { status: string; issues?: { path: string }[] }[] }>();
  for (const [i, [, path]] of bad.entries())
    expect(results[i]).toMatchObject({ status: "rejected", issues: [{ path }] });
  expect(results.map((result) => result.status)).toEqual([
    ...Array.from({ length: 11 }, () => "rejected"),
    "accepted",
  ]);
  expect(JSON.stringify(results[7])).toContain("colour");
  expect((await lastAccepted())?.items).toBe(12);
});

test("a dry run is judged and not kept", async () => {
  const before = await lastAccepted();
  const dry = { ...feedback("dry"), dry_run: true };
  const answer = await post("/api/v1/feedback", { items: [dry, { ...dry, value: [] }] });
  expect(answer.json().results.map((one: { status: string }) => one.status)).toEqual([
    "valid",
    "rejected",
  ]);
  expect(await lastAccepted()).toEqual(before);
  const kept = feedback("kept");
  await post("/api/v1/feedback", { items: [dry, kept] });
  expect(await lastAccepted()).toMatchObject({
    items: 1,
    envelopes: [{ body: { items: [kept] } }],
  });
});

test.each([
  ["", 400, /empty/],
  ["{", 400, /JSON/],
  ["[]", 400, /object/],
  ["3", 400, /object/],
  [`${"[".repeat(100_000)}`, 400, /JSON/],
  ['{"items":[]}', 400, /items/],
  ['{"items":{}}', 400, /items/],
  ['{"items":[1],"more":1}', 400, /more/],
  [JSON.stringify({ items: Array.from({ length: 2_501 }, () => 1) }), 413, /2500/],
  ["x".repeat(2 * 1024 * 1024 + 1), 413, /large/i],
])("a bad request is a problem that says what is wrong (%#)", async (body, status, detail) => {
  const answer = await post("/api/v1/feedback", body);
  expect(answer.statusCode).toBe(status);
  expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(answer.json().detail).toMatch(detail);
});

test("an item nested without end is refused, not a crash", async () => {
  const deep = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;
  const answer = await post("/api/v1/feedback", `{"items":[{"id":"x","value":${deep}}]}`);
  expect(answer.json().results).toMatchObject([{ status: "rejected" }]);
  const dry = await post("/api/v1/feedback", `{"items":[{"dry_run":true},{"v":${deep}}]}`);
  expect([207, 400]).toContain(dry.statusCode);
});

test("no key, a wrong, a mistyped or a revoked one: 401 within five seconds", async () => {
  const wrong = secretKey.replace(/.{3}$/, "000");
  for (const authorization of ["", "Bearer", "Bearer nonsense", `Bearer ${wrong}`, "Digest x"]) {
    const answer = await post("/api/v1/feedback", feedback("x"), { headers: { authorization } });
    expect(answer.statusCode).toBe(401);
    expect(answer.json().code).toBe("UNAUTHORIZED");
  }
  const key = await newKey("secret");
  const asked = () =>
    post("/api/v1/feedback", feedback("x"), { headers: { authorization: `Bearer ${key}` } });
  expect((await asked()).statusCode).toBe(207);
  await revokeApiKey(databases.maintenance, projectId, key.split("_")[2] ?? "", clock());
  now += 5_000;
  expect((await asked()).statusCode).toBe(401);
});

test("a write key posts feedback and withdraws; granting needs a secret key", async () => {
  const headers = { authorization: `Bearer ${writeKey}` };
  expect((await post("/api/v1/feedback", feedback("w"), { headers })).statusCode).toBe(207);
  const url = "/api/v1/subjects/ann/consents";
  const grant = { purposes: { model_training: true } };
  expect((await post(url, grant, { headers })).json()).toMatchObject({
    status: 403,
    code: "FORBIDDEN",
  });
  const granted = await post(url, { ...grant, method: "settings page" });
  expect(granted.statusCode).toBe(201);
  expect(granted.json().purposes).toEqual({ model_training: true });
  const withdrawn = await post(url, { purposes: { model_training: false } }, { headers });
  expect(withdrawn.json().purposes).toEqual({ model_training: false });

  const subjectId = pseudonym(pseudonymKey, "user", "ann");
  const records = await databases.worker.query(
    `select purpose, granted, method from consents where project_id = $1 and subject_id = $2
     order by received_at, consent_id`,
    [projectId, subjectId],
  );
  expect(records).toEqual([
    { purpose: "model_training", granted: true, method: "settings page" },
    { purpose: "model_training", granted: false, method: "api" },
  ]);
});

const decide = (who: string, granted: boolean, more: object = {}, options = {}) =>
  post(
    `/api/v1/subjects/${who}/consents`,
    { purposes: { model_training: granted }, ...more },
    options,
  );
const at = (ms: number) => new Date(now + ms).toISOString();

test("an older decision never overrides a newer one, and is told so; of two at one instant the no holds", async () => {
  const dated = async (granted: boolean, occurred_at: string) =>
    (await decide("bob", granted, { occurred_at })).statusCode;
  expect(await dated(false, at(-1_000))).toBe(201);
  expect(await dated(true, at(-2_000))).toBe(409);
  expect(await dated(true, at(-1_000))).toBe(409);
  expect(await dated(true, at(-500))).toBe(201);
  expect(await dated(false, at(-900))).toBe(409);
  // Granted by a clock that is ahead: a no that is said now still holds.
  expect(await dated(true, at(3_600_000))).toBe(201);
  now -= 60_000;
  expect((await decide("bob", false)).json().purposes).toEqual({ model_training: false });
  now += 60_000;
});

test("a yes that may be a retry does not undo a no: a date or an id of its own tells that it is none", async () => {
  expect((await decide("cleo", true)).statusCode).toBe(201);
  expect((await decide("cleo", true)).statusCode).toBe(201);
  expect((await decide("cleo", false, { occurred_at: at(-99_000) })).statusCode).toBe(201);
  const again = await decide("cleo", true);
  expect(again.json()).toMatchObject({ status: 409, code: "CONSENT_NOT_IN_FORCE" });
  expect(again.json().issues[0]).toMatchObject({ path: "/purposes/model_training" });

  const agreed = await decide("cleo", true, { id: "form-7" });
  expect(agreed.json().purposes).toEqual({ model_training: true });
  const { record_id } = agreed.json();
  const retried = await decide("cleo", true, {}, { headers: { "idempotency-key": "form-7" } });
  expect(retried.json()).toEqual(agreed.json());
  expect((await decide("cleo", false)).statusCode).toBe(201);
  expect((await decide("cleo", true, { id: "form-7" })).statusCode).toBe(409);
  expect((await decide("dan", true, { id: "form-7" })).json().code).toBe("CONFLICT");
  expect((await decide("cleo", true, { id: "form-8" })).json().record_id).not.toBe(record_id);
});

test("a no is in force though a yes beside it is refused", async () => {
  const headers = { authorization: `Bearer ${writeKey}` };
  const purposes = { model_training: false, analytics: true };
  await decide("emma", true);
  const refused = await post("/api/v1/subjects/emma/consents", { purposes }, { headers });
  expect(refused.json()).toMatchObject({
    status: 403,
    detail: expect.stringContaining("in force"),
  });
  expect((await decide("emma", true)).statusCode).toBe(409);
});

test("Sec-GPC refuses a yes aloud, and lets a no through", async () => {
  const headers = { "sec-gpc": "1" };
  expect((await decide("fred", true, {}, { headers })).json().code).toBe("CONSENT_NOT_IN_FORCE");
  expect((await decide("fred", false, {}, { headers })).statusCode).toBe(201);
});

test("a token that a secret key signed lets a client's yes be stored", async () => {
  const headers = { authorization: `Bearer ${writeKey}` };
  const sign = (body: object, options = {}) =>
    post("/api/v1/subjects/gina/consent-tokens", body, options);
  expect((await sign({}, { headers })).statusCode).toBe(403);
  expect((await sign({ expires_in_s: 86_400 })).json().issues[0].path).toBe("/expires_in_s");
  const { token, expires_at } = (await sign({ expires_in_s: 60 })).json();
  expect(Date.parse(expires_at)).toBe(now + 60_000);
  const granted = await decide("gina", true, { token }, { headers });
  expect(granted.json().purposes).toEqual({ model_training: true });
  const stolen = await decide("hugo", true, { token }, { headers });
  expect(stolen.json()).toMatchObject({ status: 400, issues: [{ path: "/token" }] });
  now += 61_000;
  expect((await decide("gina", true, { token }, { headers })).json().detail).toMatch(/run out/);
  now -= 61_000;
});

test("an id that a path can't carry goes in the body", async () => {
  const purposes = { model_training: false };
  for (const subject of [
    "..",
    ".",
    "a/../b",
    "x/..",
    "auth0|../1",
    "a%2Fb",
    "ünï?#&",
    "x".repeat(256),
  ]) {
    const answer = await post("/api/v1/consents", { subject, purposes });
    expect(answer.json()).toMatchObject({ purposes });
    const [state] = await databases.worker.query(
      "select granted from consent_state where subject_id = $1",
      [pseudonym(pseudonymKey, "user", subject)],
    );
    expect(state).toEqual({ granted: false });
  }
  expect((await post("/api/v1/consents", { purposes })).json().issues[0].path).toBe("/subject");
  const two = await post("/api/v1/subjects/ann/consents", { subject: "bob", purposes });
  expect(two.statusCode).toBe(400);
});

test("what a write key says of consent is answered with what it counts for", async () => {
  const headers = { authorization: `Bearer ${writeKey}` };
  const said = { ...feedback("said"), subject: "ida", consent: { model_training: true } };
  const results = async (body: object, options = {}) =>
    (await post("/api/v1/feedback", body, options)).json().results[0];
  expect(await results(said, { headers })).toMatchObject({ status: "accepted", consent: "item" });
  expect(await results(said)).toMatchObject({ status: "accepted", consent: "stored" });
  const gpc = await results(said, { headers: { "sec-gpc": "1" } });
  expect(gpc).toMatchObject({ consent: "ignored", issues: [{ path: "/consent" }] });
  const forged = { ...said, consent: { model_training: true, token: "gs_ct_x.y" } };
  expect(await results(forged, { headers })).toMatchObject({
    consent: "ignored",
    issues: [{ path: "/consent/token" }],
  });
});

test.each([
  [{}, "/purposes"],
  [{ purposes: {} }, "/purposes"],
  [{ purposes: { world_domination: true } }, "/purposes"],
  [{ purposes: { model_training: "yes" } }, "/purposes/model_training"],
  [{ purposes: { model_training: true }, occurred_at: "now" }, "/occurred_at"],
  [{ purposes: { model_training: true }, method: "a\0b" }, "/method"],
])("a bad decision names its field (%#)", async (body, path) => {
  const answer = await post("/api/v1/subjects/eve/consents", body);
  expect(answer.statusCode).toBe(400);
  expect(answer.json().issues[0].path).toContain(path);
});

test("a key has its minute", async () => {
  const limited = await build({ itemsPerMinute: 2 });
  const send = () =>
    limited.app.inject({
      method: "POST",
      url: "/api/v1/feedback",
      headers: { authorization: `Bearer ${secretKey}` },
      payload: JSON.stringify(feedback("r")),
    });
  const first = await send();
  expect(first.headers["ratelimit-policy"]).toBe('"default";q=2;w=60');
  expect(first.headers["ratelimit"]).toMatch(/^"default";r=1;t=\d+$/);
  await send();
  const refused = await send();
  expect(refused.statusCode).toBe(429);
  expect(refused.headers["retry-after"]).toMatch(/^\d+$/);
  now += 60_000;
  expect((await send()).statusCode).toBe(207);
  await limited.app.close();
  await limited.close();
});

test("without Redis it accepts and stays ready", async () => {
  const alone = await build({ redisUrl: "redis://127.0.0.1:1" });
  const answer = await alone.app.inject({
    method: "POST",
    url: "/api/v1/feedback",
    headers: { authorization: `Bearer ${secretKey}` },
    payload: JSON.stringify(feedback("no-redis")),
  });
  expect(answer.statusCode).toBe(207);
  expect((await alone.app.inject("/readyz")).statusCode).toBe(200);
  await alone.app.close();
  await alone.close();
});

test("without PostgreSQL: 503 with a whole-second Retry-After, and not ready", async () => {
  const url = new URL(env.databaseUrl);
  url.host = "127.0.0.1:1";
  const nowhere = openDatabase(url.href, { role: "accept" });
  const broken = await buildIngest({
    accepting: nowhere,
    database: nowhere,
    redisUrl: env.redisUrl,
    prefix: env.prefix,
    itemsPerMinute: 10,
    lingerMs: 0,
    clock,
    logger: createLogger({ service: "ingest", level: "silent" }),
    metrics: createMetrics({ service: "ingest" }),
  });
  const answer = await broken.app.inject({
    method: "POST",
    url: "/api/v1/feedback",
    headers: { authorization: `Bearer ${secretKey}` },
    payload: JSON.stringify(feedback("x")),
  });
  expect(answer.statusCode).toBe(503);
  expect(answer.headers["retry-after"]).toBe("1");
  expect((await broken.app.inject("/readyz")).statusCode).toBe(503);
  await broken.app.close();
  await broken.close();
  await nowhere.close();
});

test("a gzipped body is unpacked, and one that unpacks to gigabytes is not", async () => {
  const headers = { "content-encoding": "gzip" };
  const good = await post("/api/v1/feedback", gzipSync(JSON.stringify(feedback("z"))), { headers });
  expect(good.statusCode).toBe(207);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  expect((await post("/api/v1/feedback", bomb, { headers })).statusCode).toBe(413);
  expect((await post("/api/v1/feedback", Buffer.from("plain"), { headers })).statusCode).toBe(400);
  const odd = { "content-encoding": "zip" };
  expect((await post("/api/v1/feedback", "{}", { headers: odd })).statusCode).toBe(400);
});
