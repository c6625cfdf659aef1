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
