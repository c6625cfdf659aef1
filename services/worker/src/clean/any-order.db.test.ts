import { testEnv } from "@groundswell/local/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import { createCleaner } from "./clean-inbox.ts";
import { openTestProject } from "./test-project.ts";

const env = await testEnv();
const project = await openTestProject(env.databaseUrl);
afterAll(project.close);

const IDS = 40;
const CORRECTIONS = ["one", "two", "three", "unknown"];
const BATCH = 15;

/** A seeded shuffle, so that a failure can be seen again. */
const shuffled = <T>(items: readonly T[], seed: number): T[] =>
  fc.sample(fc.shuffledSubarray([...items], { minLength: items.length }), {
    seed,
    numRuns: 1,
  })[0] ?? [];

test("values of the same ids, shuffled and repeated, cleaned by two workers at once: once each, the right one wins", async () => {
  const { databases, projectId } = project;
  await project.consent("ann", true);
  const predictions = await Promise.all(Array.from({ length: IDS }, () => project.predict("ann")));
  const began = Date.now() - 3_600_000;
  const values = predictions.flatMap((prediction_id, id) =>
    CORRECTIONS.map((correction, n) => ({
      id: `f-${id}`,
      prediction_id,
      value: false,
      correction,
      // Which is the last one differs from id to id.
      occurred_at: new Date(began + ((n + id) % CORRECTIONS.length) * 1_000).toISOString(),
    })),
  );
  const sent = [...shuffled(values, 1), ...shuffled(values, 2)];
  const rows: number[] = [];
  for (let at = 0; at < sent.length; at += BATCH)
    rows.push(await project.post({ kind: "feedback" }, { items: sent.slice(at, at + BATCH) }));
  const one = createCleaner(project.cleanerDeps);
  const other = createCleaner(project.cleanerDeps);
  await Promise.all(
    shuffled([...rows, ...rows], 3).map((inboxId, i) =>
      (i % 2 === 0 ? one : other).clean({ inboxIds: [inboxId], items: 1_000 }),
    ),
  );
  expect(project.failures).toEqual([]);

  const winners = await databases.worker.query<{
    feedback_id: string;
    correction: string;
    state: string;
  }>("select feedback_id, correction, state from feedback where project_id = $1 and wins", [
    projectId,
  ]);
  const live = await databases.worker.query<{ feedback_id: string; target: string }>(
    `select feedback_id, target from ledger
     where project_id = $1 and kind = 'example' and excluded_by is null`,
    [projectId],
  );
  const last = (id: number) => CORRECTIONS[CORRECTIONS.length - 1 - (id % CORRECTIONS.length)];
  const expected = Array.from({ length: IDS }, (_, id) => [`f-${id}`, last(id)]);
  expect(new Map(winners.map((row) => [row.feedback_id, row.correction]))).toEqual(
    new Map(expected as [string, string][]),
  );
  // Where the last word was no class of the model, nothing is left to learn.
  expect(new Map(live.map((row) => [row.feedback_id, row.target]))).toEqual(
    new Map(expected.filter(([, target]) => target !== "unknown") as [string, string][]),
  );
  expect(live).toHaveLength(IDS * 0.75);

  const [kept] = await databases.worker.query(
    `select count(*) as values, count(*) filter (where scored_right is not null) as scored
     from feedback where project_id = $1`,
    [projectId],
  );
  expect(kept).toEqual({ values: values.length, scored: IDS });
  const [queue] = await databases.worker.query(
    `select count(*) filter (where kind = 'example') as examples,
            count(*) filter (where q.kind = 'example' and l.excluded_by is not null) as dead
     from ledger_queue q join ledger l using (project_id, model_id, seq, kind) where project_id = $1`,
    [projectId],
  );
  expect(queue).toEqual({ examples: live.length, dead: 0 });
  const [tally] = await databases.worker.query(
    `select sum(n) filter (where what = 'accepted')::int as accepted,
            sum(n) filter (where what = 'feedback')::int as feedback,
            sum(n) filter (where what = 'duplicate')::int as duplicate
     from tallies where project_id = $1`,
    [projectId],
  );
  expect(tally).toEqual({
    accepted: sent.length,
    feedback: values.length,
    duplicate: values.length,
  });
});
