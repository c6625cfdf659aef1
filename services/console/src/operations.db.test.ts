import { randomUUID } from "node:crypto";

import { pseudonym } from "@groundswell/feedback";
import { beforeEach, describe, expect, test } from "vitest";

import { DIGITS, newProject, testConsole, type TestProject } from "./testing.ts";

const { app, ask: askAs, worker, maintenance } = await testConsole();

let project: TestProject;
const ask = (method: "GET" | "POST", path: string) =>
  askAs(method, `/api/v1${path}`, { key: project.secret });

beforeEach(async () => {
  project = await newProject(maintenance);
});

/** Pages of two until there are no more. */
async function pagesOf(path: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (let cursor = ""; ;) {
    const { status, body } = await ask("GET", `${path}?limit=2${cursor}`);
    expect(status).toBe(200);
    rows.push(...body.data);
    if (body.next_cursor === null) return rows;
    cursor = `&cursor=${body.next_cursor}`;
  }
}

describe("subjects", () => {
  const subjectId = () => pseudonym(project.pseudonymKey, "user", "ann@example.org");

  async function decide(purpose: string, granted: boolean, minute: number, id = randomUUID()) {
    const of = [project.projectId, subjectId(), purpose, granted, instant(minute)];
    await worker.query(
      `insert into consents (project_id, consent_id, subject_id, purpose, granted, occurred_at, received_at, method)
       values ($1, $6, $2, $3, $4, $5, $5, 'banner')`,
      [...of, id],
    );
    await worker.query(
      `insert into consent_state (project_id, subject_id, purpose, granted, decided_at)
       values ($1, $2, $3, $4, $5)
       on conflict (project_id, subject_id, purpose) do update set granted = excluded.granted`,
      of,
    );
  }
  const instant = (minute: number) => `2026-11-01T10:${String(minute).padStart(2, "0")}:00.000Z`;

  test("a person is found by the app's own id, and stored under a pseudonym", async () => {
    await decide("model_training", true, 1);
    const path = `/subjects/${encodeURIComponent("ann@example.org")}`;
    expect(await ask("GET", path)).toMatchObject({
      status: 200,
      body: { pseudonym: subjectId(), profile: null, consents: { model_training: true } },
    });
    await worker.query(
      `insert into profiles (project_id, subject_id, events, feedback, positive, traits, first_seen_at, last_seen_at)
       values ($1, $2, 5, 3, 2, '{"plan": "pro"}', $3, $4)`,
      [project.projectId, subjectId(), instant(1), instant(2)],
    );
    expect((await ask("GET", path)).body.profile).toEqual({
      events: 5,
      feedback: 3,
      positive: 2,
      traits: { plan: "pro" },
      first_seen_at: instant(1),
      last_seen_at: instant(2),
    });
  });

  test("decisions are listed newest first, one that named two purposes as two", async () => {
    await decide("model_training", true, 1);
    const twice = randomUUID();
    await decide("model_training", false, 2, twice);
    await decide("analytics", true, 2, twice);
    const rows = await pagesOf(`/subjects/${encodeURIComponent("ann@example.org")}/consents`);
    expect(rows.map(({ purpose, granted }) => [purpose, granted])).toEqual([
      ["model_training", false],
      ["analytics", true],
      ["model_training", true],
    ]);
  });

  test("somebody nobody knows is 404, and so is everybody of another project", async () => {
    await decide("model_training", true, 1);
    const other = await newProject(maintenance);
    for (const path of ["", "/consents"]) {
      const unknown = await ask("GET", `/subjects/bob${path}`);
      expect(unknown).toMatchObject({ status: 404, body: { code: "SUBJECT_NOT_FOUND" } });
      const url = `/api/v1/subjects/${encodeURIComponent("ann@example.org")}${path}`;
      expect((await askAs("GET", url, { key: other.secret })).status).toBe(404);
    }
  });
});

describe("quarantine and dead letters", () => {
  test("what could not be understood is listed until it expires, its start only", async () => {
    for (const [item, days] of [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, -1],
    ] as const)
      await worker.query(
        `insert into quarantine (project_id, quarantine_id, inbox_id, item, code, detail, body, received_at, expires_at)
         values ($1, $2, 1, $3, 'BAD_REQUEST', 'no id', $4, now() - $3::int * interval '1 minute', now() + $5::int * interval '1 day')`,
        [project.projectId, randomUUID(), item, `item ${item} ${"x".repeat(10_000)}`, days],
      );
    const rows = await pagesOf("/quarantine");
    expect(rows.map(({ excerpt }) => String(excerpt).slice(0, 6))).toEqual([
      "item 0",
      "item 1",
      "item 2",
    ]);
    expect(String(rows[0]?.["excerpt"])).toHaveLength(500);
    expect(rows[0]).toMatchObject({ code: "BAD_REQUEST", detail: "no id" });
  });

  async function bury(minutesAgo: number): Promise<string> {
    const id = randomUUID();
    await worker.query(
      `insert into dead_letters (project_id, dead_letter_id, queue, reason, attempts, items, received_at, body, created_at)
       values ($1, $2, 'clean-inbox', 'it broke', 6, 5, now() - interval '2 days', '\\xabcd', now() - $3 * interval '1 minute')`,
      [project.projectId, id, minutesAgo],
    );
    return id;
  }

  test("dead letters are listed newest first", async () => {
    const ids = [await bury(1), await bury(2), await bury(3)];
    const rows = await pagesOf("/dead-letters");
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(rows[0]).toMatchObject({ queue: "clean-inbox", attempts: 6, replayed_at: null });
  });

  test("a dead letter goes back into the inbox once, however often it is replayed", async () => {
    const id = await bury(1);
    const answers = await Promise.all(
      Array.from({ length: 3 }, () => ask("POST", `/dead-letters/${id}/replay`)),
    );
    for (const answer of answers)
      expect(answer).toMatchObject({
        status: 202,
        body: { id, replayed_at: expect.stringMatching(/Z$/) },
      });
    const rows = await worker.query<{ items: number; body: Buffer }>(
      "select items, body from inbox where project_id = $1 and processed_at is null",
      [project.projectId],
    );
    expect(rows).toEqual([{ items: 5, body: Buffer.from([0xab, 0xcd]) }]);
  });

  test("a dead letter of another project, or none, is 404", async () => {
    const id = await bury(1);
    const other = await newProject(maintenance);
    const url = `/api/v1/dead-letters/${id}/replay`;
    expect((await askAs("POST", url, { key: other.secret })).status).toBe(404);
    for (const unknown of [randomUUID(), "17"])
      expect(await ask("POST", `/dead-letters/${unknown}/replay`)).toMatchObject({
        status: 404,
        body: { code: "DEAD_LETTER_NOT_FOUND" },
      });
  });
});

test("the backlog counts what waits in this project", async () => {
  await askAs("PUT", "/api/v1/models/digits", { key: project.secret, body: DIGITS });
  await askAs("POST", "/api/v1/models/digits/training-runs", { key: project.secret });
  await maintenance.query(
    "insert into inbox (project_id, received_at, items, body) values ($1, now(), 4, '\\x00'), ($1, now(), 2, '\\x00')",
    [project.projectId],
  );
  expect(await ask("GET", "/backlog")).toMatchObject({
    status: 200,
    body: {
      queues: [
        { name: "clean-inbox", waiting: 2, active: 0 },
        { name: "train-model", waiting: 1, active: 0 },
      ],
      inbox: 6,
      ledger: 0,
    },
  });
  const other = await newProject(maintenance);
  const theirs = await askAs("GET", "/api/v1/backlog", { key: other.secret });
  expect(theirs.body).toMatchObject({ inbox: 0, queues: [{ waiting: 0 }, { waiting: 0 }] });
});

describe("pages", () => {
  test("the API's document and its page are here, and nothing on it comes from elsewhere", async () => {
    const document = await app.inject("/openapi.json");
    expect(document.json()).toMatchObject({ openapi: "3.1.0" });
    const page = await app.inject("/docs");
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-security-policy"]).toContain("default-src 'self'");
    const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link).toMatch(/^\.?\//);
      const url = new URL(link, "http://console/docs").pathname;
      expect((await app.inject(url)).statusCode).toBe(200);
    }
    const script = await app.inject("/docs/static/swagger-initializer.js");
    expect(script.body).toContain("/openapi.json");
  });

  test("without a build, / says how to make one", async () => {
    const page = await app.inject("/");
    expect(page.statusCode).toBe(503);
    expect(page.headers["content-type"]).toContain("text/html");
    expect(page.body).toContain("not built");
  });

  test("an unknown path is a problem, and so is an unknown method", async () => {
    for (const url of ["/api/v1/nothing", "/nothing.html"]) {
      const answer = await app.inject(url);
      expect(answer.statusCode).toBe(404);
      expect(answer.headers["content-type"]).toContain("application/problem+json");
    }
    expect((await app.inject({ method: "DELETE", url: "/api/v1/models" })).statusCode).toBe(404);
  });
});
