import { testEnv } from "@groundswell/local/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import { createCleaner } from "./clean-inbox.ts";
import { openTestProject } from "./test-project.ts";

const env = await testEnv();
const project = await openTestProject(env.databaseUrl);
const { worker } = project.databases;
afterAll(project.close);

const server = { kind: "feedback", key: "secret", keyId: "server" } as const;
const client = { kind: "feedback", key: "write", keyId: "client" } as const;

async function send(head: typeof server | typeof client, items: object[]): Promise<void> {
  const inboxId = await project.post(head, { items });
  await project.cleaner.clean({ inboxIds: [inboxId], items: items.length });
}

const taughtBy = (predictionId: string) =>
  worker.query<{ feedback_id: string; target: string }>(
    `select feedback_id, target from ledger
     where prediction_id = $1 and kind = 'example' and excluded_by is null`,
    [predictionId],
  );
const fatesOf = async (predictionId: string) =>
  Object.fromEntries(
    (
      await worker.query<{ id: string; fate: string }>(
        `select feedback_id as id, coalesce(reason, state) as fate from feedback
         where prediction_id = $1 and wins order by feedback_id`,
        [predictionId],
      )
    ).map(({ id, fate }) => [id, fate]),
  );

let people = 0;
const someone = async () => {
  const user = `person-${(people += 1)}`;
  await project.consent(user, true);
  return user;
};

test("one prediction teaches once, however many ids name it, and is scored once", async () => {
  const ann = await someone();
  const prediction_id = await project.predict(ann);
  const of = (n: number) => ({ id: `many-${n}`, prediction_id, value: false, correction: "two" });
  await send(
    server,
    Array.from({ length: 50 }, (_, n) => of(n)),
  );
  await send(
    client,
    Array.from({ length: 50 }, (_, n) => of(50 + n)),
  );
  expect(await taughtBy(prediction_id)).toHaveLength(1);
  const [scored] = await worker.query(
    "select count(*)::int as n from feedback where prediction_id = $1 and scored_right is not null",
    [prediction_id],
  );
  expect(scored).toEqual({ n: 1 });
});

test("of several feedbacks of one prediction the weightiest teaches; where it is taken back, the next", async () => {
  const ann = await someone();
  const prediction_id = await project.predict(ann);
  const at = (s: number) => new Date(Date.now() - 60_000 + s * 1_000).toISOString();
  const of = (id: string, correction: string, s: number) => ({
    id: `${id}-${ann}`,
    prediction_id,
    value: false,
    correction,
    occurred_at: at(s),
  });
  await send(server, [of("a", "one", 1), of("b", "two", 2)]);
  expect(await taughtBy(prediction_id)).toEqual([{ feedback_id: `b-${ann}`, target: "two" }]);
  await send(server, [of("c", "three", 0)]);
  expect(await fatesOf(prediction_id)).toEqual({
    [`a-${ann}`]: "other_feedback",
    [`b-${ann}`]: "joined",
    [`c-${ann}`]: "other_feedback",
  });
  await send(server, [of("b", "no such class", 3)]);
  expect(await taughtBy(prediction_id)).toEqual([{ feedback_id: `a-${ann}`, target: "one" }]);
});

test("a client's key does not take over what the server says: not by its clock, not by coming first", async () => {
  const ann = await someone();
  const prediction_id = await project.predict(ann);
  const owner = { id: `own-${ann}`, prediction_id, value: false, correction: "two" };
  const ahead = new Date(Date.now() + 22 * 3_600_000).toISOString();
  // Squatted with a prediction that there is not; then ahead of its time.
  await send(client, [{ ...owner, prediction_id: project.newId(), correction: "three" }]);
  await send(server, [owner]);
  await send(client, [{ ...owner, correction: "three", occurred_at: ahead }]);
  expect(await taughtBy(prediction_id)).toEqual([{ feedback_id: `own-${ann}`, target: "two" }]);
  expect(await fatesOf(prediction_id)).toEqual({ [`own-${ann}`]: "joined" });
  // The same said by the client in somebody else's name, before the server says it.
  const other = await someone();
  const second = await project.predict(ann);
  const said = { ...owner, id: `said-${ann}`, prediction_id: second };
  await send(client, [{ ...said, subject: other }]);
  await send(server, [said]);
  expect(await taughtBy(second)).toEqual([{ feedback_id: `said-${ann}`, target: "two" }]);
});

test("a clock that is ahead counts as now: what is said later wins", async () => {
  const ann = await someone();
  const prediction_id = await project.predict(ann);
  const item = { id: `clock-${ann}`, prediction_id, value: false, subject: ann };
  const ahead = new Date(Date.now() + 22 * 3_600_000).toISOString();
  await send(client, [{ ...item, correction: "two", occurred_at: ahead }]);
  await send(client, [{ ...item, correction: "three" }]);
  expect(await taughtBy(prediction_id)).toMatchObject([{ target: "three" }]);
});

test("a client's key borrows nobody's yes: where the prediction is nobody's, only its own item's counts", async () => {
  const ann = await someone();
  const nobodys = await project.predict(null);
  const item = { prediction_id: nobodys, value: true, subject: ann };
  await send(client, [{ ...item, id: `borrowed-${ann}` }]);
  expect(await taughtBy(nobodys)).toEqual([]);
  await send(server, [{ ...item, id: `vouched-${ann}` }]);
  expect(await taughtBy(nobodys)).toHaveLength(1);
});

test("only metrics that the model declares teach, and score", async () => {
  const ann = await someone();
  const prediction_id = await project.predict(ann);
  await send(server, [{ id: `fast-${ann}`, prediction_id, metric: "page_was_fast", value: true }]);
  expect(await fatesOf(prediction_id)).toEqual({ [`fast-${ann}`]: "not_teaching" });
  const [kept] = await worker.query("select scored_right from feedback where prediction_id = $1", [
    prediction_id,
  ]);
  expect(kept).toEqual({ scored_right: null });
});

test("which feedback teaches depends on what was sent, not on order, number and who cleans it", async () => {
  const CLASSES = ["one", "two", "three", "no class"];
  const anyItem = fc.record({
    id: fc.nat(3),
    correction: fc.nat(3),
    at: fc.nat(9),
    kind: fc.constantFrom(server, client),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyItem, { minLength: 2, maxLength: 8 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      async (drawn, chance) => {
        // When it was received is a part of what was sent.
        const items = drawn.map((item, n) => ({ ...item, received: n }));
        const base = Date.now() - 3_600_000;
        const played = async (order: typeof items) => {
          const ann = await someone();
          const prediction_id = await project.predict(ann);
          const rows = await Promise.all(
            order.map(({ id, correction, at, kind, received }) =>
              project.post(
                kind,
                {
                  id: `${ann}-${id}`,
                  prediction_id,
                  value: false,
                  correction: CLASSES[correction],
                  occurred_at: new Date(base + at * 1_000).toISOString(),
                },
                new Date(base + (60 + received) * 1_000),
              ),
            ),
          );
          const [one, other] = [project.cleaner, createCleaner(project.cleanerDeps)];
          await Promise.all(
            [...rows, ...rows].map((inboxId, i) =>
              (i % 2 ? one : other).clean({ inboxIds: [inboxId], items: 1 }),
            ),
          );
          return (await taughtBy(prediction_id)).map(({ feedback_id, target }) => [
            feedback_id.slice(ann.length),
            target,
          ]);
        };
        const shuffled = items
          .map((item) => ({ item, by: chance.next().value as number }))
          .toSorted((a, b) => a.by - b.by)
          .map(({ item }) => item);
        const taught = await played(items);
        expect(taught.length).toBeLessThanOrEqual(1);
        expect(await played(shuffled)).toEqual(taught);
      },
    ),
    { numRuns: 20 },
  );
  expect(project.failures).toEqual([]);
});
