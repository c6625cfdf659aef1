import { testEnv } from "@groundswell/local/testing";
import { afterAll, expect, test } from "vitest";

import { openTestProject } from "./clean/test-project.ts";
import { maintain } from "./maintain.ts";

const env = await testEnv();
const project = await openTestProject(env.databaseUrl);
afterAll(project.close);
const { worker, maintenance } = project.databases;
const retention = { inboxDays: 2, eventDays: 400, predictionDays: 180 };
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);

const partitionsOf = async (table: string) =>
  (
    await maintenance.query<{ name: string }>(
      `select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::regclass order by 1`,
      [table],
    )
  ).map((row) => row.name);
const dayOf = (date: Date) => date.toISOString().slice(0, 10).replaceAll("-", "_");

test("days are made a week ahead, and dropped when they have had their time", async () => {
  const inboxId = await project.post(
    { kind: "tracking" },
    { batch: [{ type: "page", userId: "u" }] },
  );
  await project.cleaner.clean({ inboxIds: [inboxId], items: 1 });
  const soon = await maintain({ database: maintenance, clock: () => inDays(5), retention });
  expect(soon.dropped["inbox"]).toBeGreaterThan(0);
  expect(soon.dropped["events"]).toBe(0);
  const inbox = await partitionsOf("inbox");
  expect(inbox).toContain(`inbox_${dayOf(inDays(12))}`);
  expect(inbox).not.toContain(`inbox_${dayOf(new Date())}`);
  expect(await partitionsOf("events")).toContain(`events_${dayOf(new Date())}`);

  const later = await maintain({ database: maintenance, clock: () => inDays(410), retention });
  expect(later.dropped["events"]).toBeGreaterThan(0);
  expect(await partitionsOf("events")).not.toContain(`events_${dayOf(new Date())}`);
});

test("a day with accepted, unprocessed batches is never dropped", async () => {
  await maintenance.query("select make_day(current_date)");
  await project.post({ kind: "tracking" }, { batch: [{ type: "page", userId: "u" }] });
  await maintain({ database: maintenance, clock: () => inDays(30), retention });
  expect(await partitionsOf("inbox")).toContain(`inbox_${dayOf(new Date())}`);
});

test("message ids and quarantined messages are forgotten after a month", async () => {
  const batch = [{ type: "page", userId: "u", messageId: "m" }, { type: "nonsense" }];
  const inboxId = await project.post({ kind: "tracking" }, { batch });
  await maintenance.query("select make_day(current_date)");
  await project.cleaner.clean({ inboxIds: [inboxId], items: 2 });
  const soon = await maintain({ database: maintenance, clock: () => inDays(29), retention });
  expect(soon.deleted).toMatchObject({ message_ids: 0, quarantine: 0 });
  const later = await maintain({ database: maintenance, clock: () => inDays(31), retention });
  expect(later.deleted).toMatchObject({ message_ids: 1, quarantine: 1 });
  expect(await worker.query("select 1 from quarantine")).toEqual([]);
});

test("a year of dropped days: what was predicted and counted then stays counted", async () => {
  const modelId = crypto.randomUUID();
  const at = new Date();
  await maintenance.query("select make_day(current_date)");
  await maintenance.query(
    `insert into predictions (project_id, prediction_id, model_id, version, learned_through, pinned,
       input, label, probability, output, latency_ms, created_at)
     select $1, uuidv7(), $2, 1, 0, false, '', 'a', 1, '{}', 1, now() from generate_series(1, 3)`,
    [project.projectId, modelId],
  );
  await maintenance.query(
    `insert into tallies (project_id, model_id, bucket, what, n)
     select $1, $2, date_bin('5 s', $3::timestamptz - i * interval '5 s', 'epoch'), 'example', 2
     from generate_series(0, 9) i`,
    [project.projectId, modelId, at],
  );
  for (const day of [1, 30, 200, 365])
    await maintain({ database: maintenance, clock: () => inDays(day), retention });
  expect(
    await maintenance.query(
      `select what, sum(n)::int as n, count(*)::int <= 2 as "byDay" from tallies
       where model_id = $1 group by what order by what`,
      [modelId],
    ),
  ).toEqual([
    { what: "dropped_prediction", n: 3, byDay: true },
    { what: "example", n: 20, byDay: true },
  ]);
});

test("dead letters that were replayed and events of old runs go; what was never replayed stays", async () => {
  const letter = `insert into dead_letters (project_id, dead_letter_id, queue, reason, attempts,
    items, received_at, body, created_at, replayed_at)
    values ($1, gen_random_uuid(), 'clean', 'test', 1, 1, now(), '', now(), $2)`;
  await maintenance.query(letter, [project.projectId, new Date()]);
  await maintenance.query(letter, [project.projectId, null]);
  await maintenance.query(
    "insert into run_events (project_id, run_id, event_id, body, created_at) values ($1, gen_random_uuid(), 1, '{}', now())",
    [project.projectId],
  );
  const { deleted } = await maintain({ database: maintenance, clock: () => inDays(91), retention });
  expect(deleted).toMatchObject({ dead_letters: 1, run_events: 1 });
  expect(await worker.query("select replayed_at from dead_letters")).toEqual([
    { replayed_at: null },
  ]);
});
