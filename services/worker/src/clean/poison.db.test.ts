import { insertInbox } from "@groundswell/db";
import { testEnv } from "@groundswell/local/testing";
import { afterAll, expect, test } from "vitest";

import { openTestProject } from "./test-project.ts";

const env = await testEnv();
const project = await openTestProject(env.databaseUrl);
afterAll(project.close);

test("a row that fails every time ends as a dead letter, and stops nobody", async () => {
  const { projectId, databases } = project;
  await project.consent("ann", true);
  const poison = Buffer.from("no zstd");
  const [bad] = await insertInbox(
    databases.accept,
    [{ projectId, items: 1, body: poison }],
    new Date(),
  );
  const good = await project.post(
    { kind: "feedback" },
    { id: "f", prediction_id: await project.predict("ann"), value: true },
  );
  if (bad === undefined) throw new Error("nothing was inserted");
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    await project.cleaner.clean({ inboxIds: [bad, good], items: 2 });
    expect(project.failures.at(-1)).toMatchObject({
      inboxId: bad,
      attempts: attempt,
      dead: attempt === 6,
    });
  }
  expect(
    await databases.worker.query("select state from feedback where project_id = $1", [projectId]),
  ).toEqual([{ state: "joined" }]);
  expect(
    await databases.worker.query(
      "select queue, attempts, items, body from dead_letters where project_id = $1",
      [projectId],
    ),
  ).toEqual([{ queue: "clean-inbox", attempts: 6, items: 1, body: poison }]);
  await project.cleaner.clean({ inboxIds: [bad], items: 1 });
  expect(project.failures).toHaveLength(6);
});
