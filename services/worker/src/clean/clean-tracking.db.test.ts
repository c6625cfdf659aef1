import { testEnv } from "@groundswell/local/testing";
import { afterAll, expect, test } from "vitest";

import { openTestProject, type TestProject } from "./test-project.ts";

const env = await testEnv();
const projects: TestProject[] = [];
afterAll(async () => {
  for (const project of projects) await project.close();
});

async function open(): Promise<TestProject> {
  const project = await openTestProject(env.databaseUrl);
  projects.push(project);
  return project;
}

async function send(project: TestProject, batch: unknown[], more: object = {}): Promise<void> {
  const inboxId = await project.post({ kind: "tracking" }, { batch, ...more });
  await project.cleaner.clean({ inboxIds: [inboxId], items: batch.length });
}

const select = <Row extends object>({ databases, projectId }: TestProject, text: string) =>
  databases.worker.query<Row>(text, [projectId]);

const quarantineOf = (project: TestProject) =>
  select<{ item: number; code: string; detail: string; body: string }>(
    project,
    "select item, code, detail, body from quarantine where project_id = $1 order by inbox_id, item",
  );

test("messages become events, people get profiles, clocks are set right", async () => {
  const project = await open();
  const hourAgo = new Date(Date.now() - 3_600_000);
  const iso = (ms: number) => new Date(hourAgo.getTime() + ms).toISOString();
  await send(
    project,
    [
      { type: "track", messageId: "m1", userId: "ann", event: "Opened", timestamp: iso(-10_000) },
      {
        type: "identify",
        messageId: "m2",
        userId: "ann",
        traits: { plan: "pro", age: 7 },
        timestamp: iso(-5_000),
      },
      {
        type: "identify",
        messageId: "m3",
        userId: "ann",
        traits: { plan: "free" },
        timestamp: iso(-9_000),
      },
      { type: "page", messageId: "m4", anonymousId: "device", name: "Home" },
    ],
    // The phone's clock is an hour slow.
    { sentAt: hourAgo.toISOString() },
  );
  const events = await select<{ type: string; name: string; age_s: number; subject_id: string }>(
    project,
    `select type, name, subject_id, extract(epoch from received_at - occurred_at)::float8 as age_s
     from events where project_id = $1 order by item`,
  );
  expect(events.map((event) => [event.type, event.name])).toEqual([
    ["track", "Opened"],
    ["identify", null],
    ["identify", null],
    ["page", "Home"],
  ]);
  expect(events[0]?.age_s).toBeCloseTo(10, 0);
  expect(events[0]?.subject_id).toBe(project.subjectId("ann"));
  expect(events[3]?.subject_id).not.toBe(project.subjectId("device"));
  const profiles = await select<object>(
    project,
    "select events, traits from profiles where project_id = $1 order by events desc",
  );
  expect(profiles).toEqual([
    { events: 3, traits: { plan: "pro", age: 7 } },
    { events: 1, traits: {} },
  ]);
});

test("traits of several batches, in any order, end the same", async () => {
  const at = (minute: number) => new Date(Date.now() - (60 - minute) * 60_000).toISOString();
  const batches = [
    [{ type: "identify", messageId: "a", userId: "u", traits: { x: 1, y: 1 }, timestamp: at(1) }],
    [{ type: "identify", messageId: "b", userId: "u", traits: { x: 2 }, timestamp: at(3) }],
    [{ type: "identify", messageId: "c", userId: "u", traits: { x: 3, y: 3 }, timestamp: at(2) }],
  ];
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [1, 2, 0],
  ]) {
    const project = await open();
    for (const i of order) await send(project, batches[i] ?? []);
    expect(
      await select(project, "select traits, events from profiles where project_id = $1"),
    ).toEqual([{ traits: { x: 2, y: 3 }, events: 3 }]);
  }
});

test("a message id is counted once: within a batch, across batches, and while two race", async () => {
  const project = await open();
  const message = { type: "track", messageId: "same", userId: "ann", event: "Clicked" };
  await send(project, [message, message]);
  await send(project, [message]);
  await Promise.all(
    Array.from({ length: 4 }, () => send(project, [{ ...message, messageId: "raced" }])),
  );
  const [count] = await select<{ n: number }>(
    project,
    "select count(*) as n from events where project_id = $1",
  );
  expect(count?.n).toBe(2);
  const [profile] = await select<{ events: number }>(
    project,
    "select events from profiles where project_id = $1",
  );
  expect(profile?.events).toBe(2);
});

test("what can't be understood is set aside with its reason, and its neighbours are kept", async () => {
  const project = await open();
  const good = { type: "track", userId: "ann", event: "Fine" };
  await send(project, [
    { ...good, messageId: "1" },
    { ...good, messageId: "2", event: "nul\0byte" },
    { ...good, messageId: "3", properties: { deep: { "key\0": 1 } } },
    { ...good, messageId: "4", timestamp: "1970-01-01T00:00:00Z" },
    { ...good, messageId: "5", timestamp: "2099-01-01T00:00:00Z" },
    { ...good, messageId: "6", timestamp: "soon" },
    { ...good, messageId: "7", properties: { text: "x".repeat(1_000_000) } },
    { ...good, messageId: "8", type: "telepathy" },
    { ...good, messageId: "9", properties: JSON.parse(`${"[".repeat(100)}${"]".repeat(100)}`) },
    "not a message",
    null,
    { ...good, messageId: "10", event: "\ud800 half a pair", properties: { "\ud800": "\udfff" } },
  ]);
  const names = await select<{ name: string }>(
    project,
    "select name from events where project_id = $1 order by item",
  );
  expect(names.map((row) => row.name)).toEqual(["Fine", "\ufffd half a pair"]);
  const rows = await quarantineOf(project);
  expect(rows.map((row) => [row.item, row.code])).toEqual([
    [1, "malformed"],
    [2, "malformed"],
    [3, "too_old"],
    [4, "from_the_future"],
    [5, "malformed"],
    [6, "too_large"],
    [7, "malformed"],
    [8, "malformed"],
    [9, "malformed"],
    [10, "malformed"],
  ]);
  expect(rows[0]?.body).toContain("nul\\u0000byte");
  expect(rows[5]?.body.length).toBe(64 * 1024);
});

test("feedback by a tracking call goes the way of feedback, and is an event too", async () => {
  const project = await open();
  const prediction_id = await project.predict("ann", { label: "one" });
  const consent = { context: { consent: { categoryPreferences: { model_training: true } } } };
  const message = {
    type: "track",
    messageId: "m-1",
    userId: "ann",
    event: "Feedback Given",
    properties: { prediction_id, name: "helpful", value: false, correction: "two" },
    ...consent,
  };
  await send(project, [message, { ...message, messageId: "m-2", properties: { value: true } }]);
  await send(project, [message]);
  expect(
    await select(project, "select feedback_id, metric, state from feedback where project_id = $1"),
  ).toEqual([{ feedback_id: "m-1", metric: "helpful", state: "joined" }]);
  expect(await select(project, "select target from ledger where project_id = $1")).toEqual([
    { target: "two" },
  ]);
  expect(await quarantineOf(project)).toMatchObject([
    { code: "malformed", detail: expect.stringContaining("/properties/prediction_id") },
  ]);
});

test("events can withdraw: examples leave the ledger in the same transaction", async () => {
  const project = await open();
  await project.consent("ann", true, new Date(Date.now() - 60_000));
  const feedback = async (id: string) => ({
    id,
    prediction_id: await project.predict("ann"),
    value: true,
  });
  const first = await project.post({ kind: "feedback" }, await feedback("f-1"));
  await project.cleaner.clean({ inboxIds: [first], items: 1 });
  await send(project, [
    {
      type: "track",
      messageId: "bye",
      userId: "ann",
      event: "Segment Consent Preference Updated",
      context: { consent: { categoryPreferences: {} } },
    },
  ]);
  const second = await project.post({ kind: "feedback" }, await feedback("f-2"));
  await project.cleaner.clean({ inboxIds: [second], items: 1 });

  const entries = await select<{ kind: string; seq: number; excluded_by: number | null }>(
    project,
    "select kind, seq, excluded_by from ledger where project_id = $1 order by seq",
  );
  expect(entries).toMatchObject([
    { kind: "example", excluded_by: entries[1]?.seq },
    { kind: "withdraw", excluded_by: null },
  ]);
  expect(await select(project, "select seq from ledger_queue where project_id = $1")).toEqual([
    { seq: entries[1]?.seq },
  ]);
  expect(
    await select(
      project,
      "select reason from feedback where project_id = $1 and feedback_id = 'f-2'",
    ),
  ).toEqual([{ reason: "consent_withdrawn" }]);
});

test("a request with Sec-GPC teaches nothing and grants nothing", async () => {
  const project = await open();
  await project.consent("ann", true);
  const inboxId = await project.post(
    { kind: "feedback", gpc: true },
    { id: "f", prediction_id: await project.predict("ann"), value: true },
  );
  const tracked = await project.post(
    { kind: "tracking", gpc: true },
    {
      batch: [
        {
          type: "track",
          userId: "bob",
          event: "Opened",
          context: { consent: { categoryPreferences: { model_training: true } } },
        },
      ],
    },
  );
  await project.cleaner.clean({ inboxIds: [inboxId, tracked], items: 2 });
  expect(await select(project, "select reason from feedback where project_id = $1")).toEqual([
    { reason: "no_consent" },
  ]);
  expect(
    await select(project, "select subject_id from consent_state where project_id = $1"),
  ).toEqual([{ subject_id: project.subjectId("ann") }]);
});

test("a repeated consent on every event is one record", async () => {
  const project = await open();
  const message = (messageId: string) => ({
    type: "track",
    messageId,
    userId: "ann",
    event: "Opened",
    context: { consentManagement: { allowedConsentIds: ["model_training"] } },
  });
  await send(project, [message("1"), message("2")]);
  await send(project, [message("3")]);
  expect(
    await select(project, "select granted, method from consents where project_id = $1"),
  ).toEqual([{ granted: true, method: "event" }]);
});
