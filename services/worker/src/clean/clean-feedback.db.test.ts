import { testEnv } from "@groundswell/local/testing";
import { afterAll, expect, test } from "vitest";

import { startRelook } from "../relook.ts";
import { openTestProject, type TestProject } from "./test-project.ts";

const env = await testEnv();
const projects: TestProject[] = [];
afterAll(async () => {
  for (const project of projects) await project.close();
});

async function open(options?: Parameters<typeof openTestProject>[1]): Promise<TestProject> {
  const project = await openTestProject(env.databaseUrl, options);
  projects.push(project);
  return project;
}

interface Entry {
  seq: number;
  kind: string;
  target: string | null;
  split: string | null;
  refers_to: number | null;
  excluded_by: number | null;
}

const ledgerOf = ({ databases, projectId }: TestProject) =>
  databases.worker.query<Entry>(
    "select seq, kind, target, split, refers_to, excluded_by from ledger where project_id = $1 order by seq",
    [projectId],
  );
const queueOf = async ({ databases, projectId }: TestProject) =>
  (
    await databases.worker.query<{ seq: number }>(
      "select seq from ledger_queue where project_id = $1 order by seq",
      [projectId],
    )
  ).map((row) => row.seq);
const feedbackOf = ({ databases, projectId }: TestProject, id: string) =>
  databases.worker.query<{
    state: string;
    reason: string | null;
    wins: boolean;
    correction: string | null;
    scored_right: boolean | null;
    ledger_seq: number | null;
  }>(
    `select state, reason, wins, correction, scored_right, ledger_seq from feedback
     where project_id = $1 and feedback_id = $2 order by occurred_at, received_at, item`,
    [projectId, id],
  );
async function talliesOf({ databases, projectId }: TestProject): Promise<Record<string, number>> {
  const rows = await databases.worker.query<{ what: string; n: number }>(
    "select what, sum(n)::int as n from tallies where project_id = $1 group by what",
    [projectId],
  );
  return Object.fromEntries(rows.map(({ what, n }) => [what, n]));
}

async function send(project: TestProject, items: object[], receivedAt?: Date): Promise<void> {
  const inboxId = await project.post({ kind: "feedback" }, { items }, receivedAt);
  await project.cleaner.clean({ inboxIds: [inboxId], items: items.length });
}

test("a correction by somebody who agreed becomes an example", async () => {
  const project = await open();
  await project.consent("ann", true);
  const prediction_id = await project.predict("ann", { label: "one" });
  await send(project, [
    { id: "f-1", prediction_id, value: false, correction: "two", subject: "ann" },
  ]);

  const [entry] = await ledgerOf(project);
  expect(entry).toMatchObject({ kind: "example", target: "two", split: "train" });
  expect(await queueOf(project)).toEqual([entry?.seq]);
  expect(await feedbackOf(project, "f-1")).toEqual([
    {
      state: "joined",
      reason: null,
      wins: true,
      correction: "two",
      scored_right: false,
      ledger_seq: entry?.seq,
    },
  ]);
  expect(await talliesOf(project)).toEqual({ accepted: 1, feedback: 1, example: 1 });
  expect(project.cleaned[0]?.models).toEqual(new Set([project.modelId]));
});

test("missing consent, a withdrawal, and nobody: kept out, each with its reason", async () => {
  const project = await open();
  await project.consent("withdrew", true);
  await project.consent("withdrew", false);
  const p1 = await project.predict("never-asked");
  const p2 = await project.predict("withdrew");
  const p3 = await project.predict(null);
  await send(project, [
    { id: "a", prediction_id: p1, value: true },
    { id: "b", prediction_id: p2, value: true },
    { id: "c", prediction_id: p3, value: true },
  ]);
  expect(await ledgerOf(project)).toEqual([]);
  expect(await feedbackOf(project, "a")).toMatchObject([
    { reason: "no_consent", scored_right: null },
  ]);
  expect(await feedbackOf(project, "b")).toMatchObject([{ reason: "consent_withdrawn" }]);
  expect(await feedbackOf(project, "c")).toMatchObject([{ reason: "no_subject" }]);
  expect(await talliesOf(project)).toEqual({
    accepted: 3,
    feedback: 3,
    no_consent: 1,
    consent_withdrawn: 1,
    no_subject: 1,
  });
});

test("what can't teach is kept out: no target, unknown class, other people, other models, other times", async () => {
  const project = await open();
  await project.consent("ann", true);
  await project.consent("bob", true);
  const p = await Promise.all(Array.from({ length: 6 }, () => project.predict("ann")));
  const pinned = await project.predict("ann", { pinned: true });
  await send(project, [
    { id: "no-target", prediction_id: p[0], value: false },
    { id: "unknown", prediction_id: p[1], value: false, correction: "nine" },
    { id: "bob", prediction_id: p[2], value: true, subject: "bob" },
    { id: "model", prediction_id: p[3], value: true, model: "letters" },
    { id: "pinned", prediction_id: pinned, value: true },
    { id: "1970", prediction_id: p[4], value: true, occurred_at: "1970-01-01T00:00:00Z" },
    { id: "2099", prediction_id: p[5], value: true, occurred_at: "2099-01-01T00:00:00Z" },
    { id: "0000", prediction_id: p[5], value: true, occurred_at: "0000-01-01T00:00:00Z" },
  ]);
  const reasons = await project.databases.worker.query<{ feedback_id: string; reason: string }>(
    "select feedback_id, reason from feedback where project_id = $1",
    [project.projectId],
  );
  expect(Object.fromEntries(reasons.map((row) => [row.feedback_id, row.reason]))).toEqual({
    "no-target": "no_target",
    unknown: "unknown_class",
    bob: "wrong_subject",
    model: "wrong_model",
    pinned: "wrong_model",
    1970: "too_old",
    2099: "from_the_future",
    "0000": "too_old",
  });
  expect(await ledgerOf(project)).toEqual([]);
});

test("the same again is a retry, within a batch and across batches", async () => {
  const project = await open();
  await project.consent("ann", true);
  const prediction_id = await project.predict("ann");
  const item = { id: "f", prediction_id, value: true };
  await send(project, [item, item]);
  await send(project, [item]);
  expect(await ledgerOf(project)).toHaveLength(1);
  expect(await feedbackOf(project, "f")).toHaveLength(1);
  expect(await talliesOf(project)).toEqual({ accepted: 3, feedback: 1, example: 1, duplicate: 2 });
  const [profile] = await project.databases.worker.query(
    "select feedback, positive from profiles where project_id = $1",
    [project.projectId],
  );
  expect(profile).toEqual({ feedback: 1, positive: 1 });
});

test("a row of the inbox is processed once, however often it is asked for", async () => {
  const project = await open();
  await project.consent("ann", true);
  const prediction_id = await project.predict("ann");
  const inboxId = await project.post({ kind: "feedback" }, { id: "f", prediction_id, value: true });
  await Promise.all(
    [1, 2, 3].map(() => project.cleaner.clean({ inboxIds: [inboxId], items: 2_000 })),
  );
  await project.cleaner.clean({ inboxIds: [inboxId], items: 1 });
  expect(await talliesOf(project)).toEqual({ accepted: 1, feedback: 1, example: 1 });
});

test("another value supersedes: the old example leaves the queue or is taken back", async () => {
  const project = await open();
  await project.consent("ann", true);
  const prediction_id = await project.predict("ann");
  const at = (minute: number) => new Date(Date.now() - (60 - minute) * 60_000).toISOString();
  await send(project, [{ id: "f", prediction_id, value: true, occurred_at: at(1) }]);
  await send(project, [
    { id: "f", prediction_id, value: false, correction: "two", occurred_at: at(2) },
  ]);
  // Said before the others, and heard last: it changes nothing.
  await send(project, [
    { id: "f", prediction_id, value: false, correction: "three", occurred_at: at(0) },
  ]);
  const [first, gone, second, ...others] = await ledgerOf(project);
  expect(others).toEqual([]);
  expect(first).toMatchObject({ kind: "example", target: "one", excluded_by: gone?.seq });
  expect(gone).toMatchObject({ kind: "supersede", refers_to: first?.seq });
  expect(second).toMatchObject({ kind: "example", target: "two", excluded_by: null });
  expect(await queueOf(project)).toEqual([gone?.seq, second?.seq]);
  expect(await feedbackOf(project, "f")).toMatchObject([
    { correction: "three", wins: false, state: "kept_out", reason: "superseded" },
    { correction: null, wins: false, state: "kept_out", reason: "superseded", scored_right: true },
    { correction: "two", wins: true, state: "joined", ledger_seq: second?.seq },
  ]);
});

test("a value that can't teach takes back the one that did; the prediction of an id never changes", async () => {
  const project = await open();
  await project.consent("ann", true);
  const prediction_id = await project.predict("ann");
  const other = await project.predict("ann");
  await send(project, [{ id: "f", prediction_id, value: true }]);
  await send(project, [{ id: "f", prediction_id: other, value: true }]);
  expect(await ledgerOf(project)).toHaveLength(1);
  await send(project, [{ id: "f", prediction_id, value: false }]);
  const entries = await ledgerOf(project);
  expect(entries.map((entry) => entry.kind)).toEqual(["example", "supersede"]);
  expect((await talliesOf(project))["prediction_changed"]).toBe(1);
});

test("held out for the exam: in the ledger, never in the learner's queue", async () => {
  const project = await open({ examShare: 0.5 });
  const users = Array.from({ length: 40 }, (_, i) => `user-${i}`);
  const items = [];
  for (const user of users) {
    await project.consent(user, true);
    items.push({ id: user, prediction_id: await project.predict(user), value: true });
  }
  await send(project, items);
  const entries = await ledgerOf(project);
  const exam = entries.filter((entry) => entry.split === "exam");
  expect(exam.length).toBeGreaterThan(5);
  expect(await queueOf(project)).toEqual(
    entries.filter((entry) => entry.split === "train").map((entry) => entry.seq),
  );
  expect(await talliesOf(project)).toMatchObject({
    held_out: exam.length,
    example: 40 - exam.length,
  });
});

test("feedback that comes before its prediction waits, and is joined when it is stored", async () => {
  const project = await open();
  await project.consent("ann", true);
  const joined = Promise.withResolvers<ReadonlySet<string>>();
  const relook = startRelook({
    ...project.cleanerDeps,
    unmatchedAfterMs: 86_400_000,
    onJoined: joined.resolve,
    onError: joined.reject,
  });
  const predictionId = project.newId();
  await send(project, [{ id: "early", prediction_id: predictionId, value: true }]);
  expect(await feedbackOf(project, "early")).toMatchObject([{ state: "waiting" }]);
  expect(project.cleaned[0]?.waiting).toBe(true);
  expect(await talliesOf(project)).toEqual({ accepted: 1 });

  relook.soon();
  await project.predict("ann", { predictionId });
  expect(await joined.promise).toEqual(new Set([project.modelId]));
  await relook.close();
  expect(await feedbackOf(project, "early")).toMatchObject([
    { state: "joined", scored_right: true },
  ]);
  expect(await talliesOf(project)).toEqual({ accepted: 1, feedback: 1, example: 1 });
});

test("feedback on a prediction that never comes, or is another project's, is given up", async () => {
  const [project, stranger] = [await open(), await open()];
  await stranger.consent("ann", true);
  await project.consent("ann", true);
  const theirs = await project.predict("ann");
  await send(stranger, [{ id: "f", prediction_id: theirs, value: true, subject: "ann" }]);
  expect(await feedbackOf(stranger, "f")).toMatchObject([{ state: "waiting" }]);

  const tried = Promise.withResolvers<void>();
  const relook = startRelook({
    ...stranger.cleanerDeps,
    clock: () => {
      setImmediate(tried.resolve);
      return new Date(Date.now() + 86_400_000);
    },
    unmatchedAfterMs: 3_600_000,
    onJoined: () => tried.reject(new Error("joined")),
    onError: tried.reject,
  });
  await tried.promise;
  await relook.close();
  expect(await feedbackOf(stranger, "f")).toMatchObject([
    { state: "kept_out", reason: "unmatched" },
  ]);
  expect(await talliesOf(stranger)).toMatchObject({ feedback: 1, unmatched: 1 });
  expect(await ledgerOf(stranger)).toEqual([]);
});
