import { createLogger, createMetrics } from "@groundswell/bootstrap";
import { buildIngest } from "@groundswell/ingest";
import { testEnv } from "@groundswell/local/testing";
import { exampleOf, wasRight } from "@groundswell/training/examples";
import { buildWorker } from "@groundswell/worker";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import { newProject, openDatabases } from "../setup/project.ts";
import { untilCleaned } from "../setup/until-cleaned.ts";

const env = await testEnv();
const databases = openDatabases(env.databaseUrl);
const common = (service: string) => ({
  redisUrl: env.redisUrl,
  prefix: env.prefix,
  clock: () => new Date(),
  logger: createLogger({ service, level: "silent" }),
  metrics: createMetrics({ service }),
});
const ingest = await buildIngest({
  ...common("ingest"),
  accepting: databases.accept,
  database: databases.request,
  itemsPerMinute: 6_000_000,
  lingerMs: 0,
});
const worker = buildWorker({
  ...common("worker"),
  database: databases.worker,
  maintenance: databases.maintenance,
  teaching: { exampleOf, wasRight },
  retention: { eventDays: 30, predictionDays: 30, inboxDays: 7 },
  unmatchedAfterMs: 86_400_000,
});
afterAll(async () => {
  await ingest.app.close();
  await ingest.close();
  await worker.close();
  await databases.close();
});
const project = await newProject(databases);
const { projectId, subjectId } = project;
const key = await project.newKey("secret");
const [prediction_id = ""] = await project.predict(["ann"]);

const select = <Row extends object>(text: string, ...values: unknown[]) =>
  databases.worker.query<Row>(text, [projectId, ...values]);

interface Answered {
  status: number;
  /** Of each item: whether it was taken. */
  taken: boolean[];
  body: { results?: Record<string, unknown>[]; detail?: string };
}

async function post(url: string, payload: string | Buffer): Promise<Answered> {
  const answer = await ingest.app.inject({
    method: "POST",
    url,
    payload,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
  });
  const body = answer.json<Answered["body"]>();
  const taken = (body.results ?? []).map(
    ({ result, status }) => result !== "drop" && status !== "rejected",
  );
  return { status: answer.statusCode, taken, body };
}

/** What became of the items of the last request: whether each is kept as what it was sent as. */
async function lastFate(): Promise<boolean[]> {
  await untilCleaned(databases.worker, projectId);
  const [row] = await select<{ inboxId: number; items: number }>(
    `select inbox_id as "inboxId", items from inbox where project_id = $1
     order by inbox_id desc limit 1`,
  );
  const aside = await select<{ item: number }>(
    "select item from quarantine where project_id = $1 and inbox_id = $2",
    row?.inboxId,
  );
  const kept = await select<{ item: number }>(
    `select item from events where project_id = $1 and inbox_id = $2
     union select item from feedback where project_id = $1 and inbox_id = $2`,
    row?.inboxId,
  );
  const isIn = (rows: { item: number }[], i: number) => rows.some(({ item }) => item === i);
  return Array.from({ length: row?.items ?? 0 }, (_, i) => {
    // Nothing is both, and nothing is lost.
    expect([i, isIn(kept, i)]).toEqual([i, !isIn(aside, i)]);
    return isIn(kept, i);
  });
}

const lastEvent = async () => {
  await untilCleaned(databases.worker, projectId);
  const [row] = await select<{ subject: string | null; at: Date; properties: string }>(
    `select subject_id as subject, occurred_at as at, properties::text as properties
     from events where project_id = $1 order by inbox_id desc, item desc limit 1`,
  );
  return row;
};

let count = 0;
const unique = () => `m-${(count += 1)}`;
const raw = (text: string) => JSON.rawJSON(text);

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, true, {}, [], "", "a\0b", "\ud800", "x".repeat(300), 0, 1.5, -3),
  fc.constantFrom<unknown>(
    raw("12345678901234567890"),
    raw("1e400"),
    raw("1e100000"),
    raw("1e-9999"),
  ),
  fc.constantFrom<unknown>("7", 7, "é", "e\u0301", " 1", "correct", prediction_id),
  fc.jsonValue() as fc.Arbitrary<unknown>,
);
const oddly = (usual: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: odd });
const instants = fc.oneof(
  fc.constantFrom(
    "2026-06-30T23:59:60Z",
    "2016-12-31T23:59:60Z",
    "1970-01-01T00:00:00Z",
    "2099-01-01T00:00:00Z",
    "2026-13-40T00:00:00Z",
    "soon",
    "1700000000",
    "2026-11-27",
    "23:59:60Z",
  ),
  fc
    .integer({ min: -400 * 86_400, max: 2 * 86_400 })
    .map((s) => new Date(Date.now() + s * 1_000).toISOString()),
);
const feedbackFields = {
  prediction_id: oddly(fc.constantFrom(prediction_id, "0199aaaa-0000-7000-8000-000000000000")),
  value: oddly(fc.constantFrom<unknown>(true, false, 0.5, "fine")),
  correction: oddly(fc.constantFrom<unknown>("one", "two", " two ", 7)),
  metric: oddly(fc.constant("correct")),
  comment: oddly(fc.string()),
};
const message = fc.record(
  {
    type: oddly(fc.constantFrom("track", "identify", "page", "screen")),
    event: oddly(fc.constantFrom("Feedback Given", "Opened")),
    userId: oddly(fc.constantFrom<unknown>("ann", 42)),
    anonymousId: oddly(fc.constant("device")),
    messageId: oddly(fc.constant(undefined)),
    timestamp: oddly(instants),
    sentAt: oddly(instants),
    properties: oddly(fc.record(feedbackFields, { requiredKeys: [] })),
    traits: oddly(fc.dictionary(fc.string(), odd)),
    context: oddly(fc.dictionary(fc.string(), odd)),
  },
  { requiredKeys: ["type", "userId", "event", "properties"] },
);
const item = fc.record(
  {
    ...feedbackFields,
    id: oddly(fc.constant(undefined)),
    subject: oddly(fc.constant("ann")),
    occurred_at: oddly(instants),
    consent: oddly(fc.constant({ model_training: true })),
  },
  { requiredKeys: ["prediction_id", "value"] },
);
const named = (field: "id" | "messageId", one: object) => ({
  ...one,
  // Usually the id is one that was not used before: what came before is no fate of its own.
  [field]: (one as Record<string, unknown>)[field] ?? unique(),
});

test("what the door answers is what becomes of it, on every route, whatever was sent", async () => {
  const messages = fc.array(message, { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      messages,
      fc.array(item, { minLength: 1, maxLength: 12 }),
      async (batch, items) => {
        const sent = batch.map((one) => named("messageId", one)).filter(isNew("messageId"));
        for (const [url, body] of [
          ["/v1/batch", { batch: sent, sentAt: batch[0]?.sentAt }],
          ["/v1/track", named("messageId", { ...batch[0], messageId: undefined })],
          ["/api/v1/feedback", { items: items.map((one) => named("id", one)).filter(isNew("id")) }],
        ] as const) {
          const answer = await post(url, JSON.stringify(body));
          if (answer.status >= 300) continue; // refused as a whole: an empty list
          expect([url, answer.taken]).toEqual([url, await lastFate()]);
        }
      },
    ),
    { numRuns: 30 },
  );
});

const used = new Set<string>();
const isNew = (field: string) => (one: object) => {
  const id = JSON.stringify((one as Record<string, unknown>)[field]).replaceAll('"', "");
  const fresh = !used.has(id);
  used.add(id);
  return fresh;
};

const track = (fields: string) =>
  `{"type":"track","event":"Paid","messageId":"${unique()}","userId":"ann",${fields}}`;

test.each(["12345678901234567890", "0.10000000000000001", "-9007199254740993"])(
  "the number %s is kept as it was sent",
  async (number) => {
    const answer = await post(
      "/v1/track",
      track(`"properties":{"n":${number},"list":[${number}]}`),
    );
    expect(answer.taken).toEqual([true]);
    expect((await lastEvent())?.properties).toBe(`{"n": ${number}, "list": [${number}]}`);
  },
);

test("a number beyond all doubles is kept to the last nought; one without end is refused by its name", async () => {
  await post("/v1/track", track('"properties":{"huge":1e400,"tiny":1e-400}'));
  const { properties = "" } = (await lastEvent()) ?? {};
  expect(properties).toContain(`"huge": 1${"0".repeat(400)}`);
  expect(properties).toContain(`"tiny": 0.${"0".repeat(399)}1`);
  const { body } = await post("/v1/track", track('"properties":{"endless":1e999999}'));
  expect(body.results).toMatchObject([
    { result: "drop", detail: expect.stringContaining("500 digits") },
  ]);
});

test.each(["42", "12345678901234567890"])(
  "a user whose id is the number %s is that user",
  async (id) => {
    const fields = `"type":"track","event":"e","messageId":${id}${count}`;
    const answer = await post("/v1/track", `{${fields},"userId":${id},"anonymousId":${id}}`);
    expect(answer.body.results).toEqual([{ messageId: `${id}${count}`, result: "ok" }]);
    expect((await lastEvent())?.subject).toBe(subjectId(id));
  },
);

test("a leap second is the second after it", async () => {
  await post("/v1/track", track('"timestamp":"2026-06-30T23:59:60Z"'));
  expect((await lastEvent())?.at).toEqual(new Date("2026-07-01T00:00:00Z"));
});

test.each(["/v1/track", "/v1/batch", "/api/v1/feedback", "/api/v1/consents"])(
  "%s takes UTF-8, names the byte that is none, and skips a byte order mark",
  async (url) => {
    const latin = await post(url, Buffer.from('{"event":"caf\u00e9"}', "latin1"));
    const detail = expect.stringContaining("byte 13 (0xe9)");
    expect(latin).toMatchObject({ status: 400, body: { detail } });
    const marked = await post(url, Buffer.from("\ufeff{", "utf8"));
    expect(marked.body.detail).not.toContain("\ufeff");
    expect(marked.status).toBe(400);
  },
);

test("with a byte order mark it is the same message", async () => {
  const answer = await post("/v1/track", `\ufeff${track('"properties":{"caf\u00e9":1}')}`);
  expect(answer.taken).toEqual([true]);
  expect((await lastEvent())?.properties).toBe('{"caf\u00e9": 1}');
});

test("half a surrogate pair is refused in an id, and told of elsewhere", async () => {
  const one = { type: "track", event: "e", properties: { text: "\ud83d" } };
  const { body } = await post(
    "/v1/batch",
    JSON.stringify({
      batch: [
        { ...one, userId: "a\ud800", messageId: unique() },
        { ...one, userId: "a", messageId: unique() },
      ],
    }),
  );
  expect(body.results).toMatchObject([
    { result: "drop", detail: expect.stringContaining("/userId") },
    { result: "warning", detail: expect.stringContaining("U+FFFD") },
  ]);
});

test("a correction is enough, in any spelling of its class; one that says the opposite of the value is refused by both", async () => {
  const said = async (fields: object) => {
    const [about = ""] = await project.predict(["ann"]);
    const id = unique();
    await post(
      "/api/v1/feedback",
      JSON.stringify({
        id,
        prediction_id: about,
        consent: { model_training: true },
        subject: "ann",
        ...fields,
      }),
    );
    await untilCleaned(databases.worker, projectId);
    const [row] = await select<{ fate: string; target: string | null }>(
      `select coalesce(f.reason, f.state) as fate, l.target from feedback f
       left join ledger l on l.project_id = f.project_id and l.model_id = f.model_id and l.seq = f.ledger_seq
       where f.project_id = $1 and f.feedback_id = $2 and f.wins`,
      id,
    );
    return [row?.fate, row?.target];
  };
  expect(await said({ correction: "two" })).toEqual(["joined", "two"]);
  expect(await said({ correction: " two\n", value: null })).toEqual(["joined", "two"]);
  expect(await said({ correction: "two", value: false })).toEqual(["joined", "two"]);
  expect(await said({ correction: 7 })).toEqual(["unknown_class", null]);
  expect(await said({ correction: "two", value: true })).toEqual(["contradiction", null]);
  expect(await said({ correction: "one", value: false })).toEqual(["joined", "one"]);
});

test("what was wrong is answered with what would be right", async () => {
  const about = { id: unique(), prediction_id };
  const messageOf = async (fields: object) => {
    const { body } = await post(
      "/api/v1/feedback",
      JSON.stringify({ ...about, ...fields, dry_run: true }),
    );
    return body.results?.[0]?.["issues"];
  };
  const right = expect.stringContaining(
    "true, false, a number, or text; or leave it out and send `correction`",
  );
  for (const value of [{}, [], null, undefined])
    expect(await messageOf({ value })).toEqual([{ path: "/value", message: right }]);
  expect(await messageOf({ value: true, correction: true })).toEqual([
    { path: "/correction", message: "must be the text of a class" },
  ]);
  expect(await messageOf({ value: true, occurred_at: "yesterday" })).toMatchObject([
    { path: "/occurred_at", message: expect.stringContaining("2026-05-04T03:02:01Z") },
  ]);
});
