import { testEnv } from "@groundswell/local/testing";
import { afterAll, expect, test } from "vitest";

import { openTestProject } from "./test-project.ts";

const env = await testEnv();
const project = await openTestProject(env.databaseUrl);
afterAll(project.close);

const ROUNDS = 15;
const PER_ROUND = 12;

test("after a withdrawal is acknowledged, nothing of that person can be learned", async () => {
  const { databases, projectId } = project;
  for (let round = 0; round < ROUNDS; round += 1) {
    const user = `user-${round}`;
    await project.consent(user, true);
    const rows: number[] = [];
    for (let i = 0; i < PER_ROUND; i += 1)
      rows.push(
        await project.post(
          { kind: "feedback" },
          { id: `${user}-${i}`, prediction_id: await project.predict(user), value: true },
        ),
      );
    // Cleaning goes on in two lanes while the withdrawal comes in between.
    const cleaning = rows.map((inboxId) =>
      project.cleaner.clean({ inboxIds: [inboxId], items: 1_000 }),
    );
    await cleaning[round % PER_ROUND];
    await project.consent(user, false);
    const learnable = await databases.worker.query(
      `select seq from ledger where project_id = $1 and subject_id = $2
       and kind = 'example' and excluded_by is null`,
      [projectId, project.subjectId(user)],
    );
    expect(learnable).toEqual([]);
    await Promise.all(cleaning);
    const late = await databases.worker.query(
      `select l.seq from ledger l left join ledger_queue q using (project_id, model_id, seq)
       where project_id = $1 and l.subject_id = $2 and l.kind = 'example'
         and (excluded_by is null or q.seq is not null)`,
      [projectId, project.subjectId(user)],
    );
    expect(late).toEqual([]);
  }
  const [outcome] = await databases.worker.query<{ joined: number; kept_out: number }>(
    `select count(*) filter (where state = 'joined')::int as joined,
            count(*) filter (where reason = 'consent_withdrawn')::int as kept_out
     from feedback where project_id = $1`,
    [projectId],
  );
  // The race was one: both happened.
  expect(outcome?.joined).toBeGreaterThan(0);
  expect(outcome?.kept_out).toBeGreaterThan(0);
});

test("nor of somebody who never agreed, for whom a write key's items said yes", async () => {
  const { databases, projectId } = project;
  for (let round = 0; round < ROUNDS; round += 1) {
    const user = `asserted-${round}`;
    const rows: number[] = [];
    for (let i = 0; i < PER_ROUND; i += 1)
      rows.push(
        await project.post(
          { kind: "feedback", key: "write" },
          {
            id: `${user}-${i}`,
            prediction_id: await project.predict(user),
            value: true,
            subject: user,
            consent: { model_training: true },
          },
        ),
      );
    const cleaning = rows.map((inboxId) =>
      project.cleaner.clean({ inboxIds: [inboxId], items: 1_000 }),
    );
    await cleaning[round % PER_ROUND];
    await project.consent(user, false);
    await Promise.all(cleaning);
    const late = await databases.worker.query(
      `select l.seq from ledger l left join ledger_queue q using (project_id, model_id, seq)
       where project_id = $1 and l.subject_id = $2 and l.kind = 'example'
         and (excluded_by is null or q.seq is not null)`,
      [projectId, project.subjectId(user)],
    );
    expect(late).toEqual([]);
  }
});

test("granting again lets later feedback teach; earlier examples stay out", async () => {
  const { databases, projectId } = project;
  const clean = async (id: string) => {
    const inboxId = await project.post(
      { kind: "feedback" },
      { id, prediction_id: await project.predict("zoe"), value: true },
    );
    await project.cleaner.clean({ inboxIds: [inboxId], items: 1 });
  };
  await project.consent("zoe", true);
  await clean("before");
  await project.consent("zoe", false);
  await project.consent("zoe", true);
  await clean("after");
  expect(
    await databases.worker.query(
      `select feedback_id, excluded_by is not null as excluded from ledger
       where project_id = $1 and subject_id = $2 and kind = 'example' order by seq`,
      [projectId, project.subjectId("zoe")],
    ),
  ).toEqual([
    { feedback_id: "before", excluded: true },
    { feedback_id: "after", excluded: false },
  ]);
});
