import { signConsentToken } from "@groundswell/feedback";
import { testEnv } from "@groundswell/local/testing";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";

import { openTestProject } from "./test-project.ts";

const env = await testEnv();
const project = await openTestProject(env.databaseUrl);
const { worker, maintenance } = project.databases;
afterAll(project.close);

let users = 0;
const someone = () => `user-${(users += 1)}`;

type Head = Parameters<typeof project.post>[0];
const write = { kind: "feedback", key: "write", keyId: "client" } as const;
const secret = { kind: "feedback", key: "secret", keyId: "server" } as const;

async function send(head: Head, body: object, receivedAt?: Date): Promise<void> {
  const inboxId = await project.post(head, body, receivedAt);
  await project.cleaner.clean({ inboxIds: [inboxId], items: 1 });
}

const item = async (user: string, consent?: object, more: object = {}) => ({
  id: crypto.randomUUID(),
  prediction_id: await project.predict(user),
  value: true,
  subject: user,
  ...(consent && { consent }),
  ...more,
});

const fateOf = async ({ id }: { id: string }) =>
  (
    await worker.query<{ state: string; reason: string | null }>(
      "select state, reason from feedback where feedback_id = $1 and wins",
      [id],
    )
  )[0];

const storedOf = async (user: string): Promise<boolean | undefined> =>
  (
    await worker.query<{ granted: boolean }>(
      "select granted from consent_state where subject_id = $1 and purpose = 'model_training'",
      [project.subjectId(user)],
    )
  )[0]?.granted;

const grant = { model_training: true };

test("a write key's yes counts for its item, changes nothing that is stored, and never undoes a no", async () => {
  const ann = someone();
  const first = await item(ann, grant);
  const second = await item(ann);
  await send(write, first);
  await send(write, second);
  expect(await fateOf(first)).toEqual({ state: "joined", reason: null });
  expect(await fateOf(second)).toEqual({ state: "kept_out", reason: "no_consent" });
  expect(await storedOf(ann)).toBeUndefined();

  await project.consent(ann, false);
  const third = await item(ann, grant);
  await send(write, third);
  expect(await fateOf(third)).toEqual({ state: "kept_out", reason: "consent_withdrawn" });
  expect(await storedOf(ann)).toBe(false);
  // What rested on the word of its sender is taken out like anything else of hers.
  const left = await worker.query(
    "select 1 from ledger where subject_id = $1 and kind = 'example' and excluded_by is null",
    [project.subjectId(ann)],
  );
  expect(left).toEqual([]);
});

test("in a project that says never, it counts for nothing", async () => {
  await maintenance.query("update projects set client_consent = 'never'");
  const one = await item(someone(), grant);
  await send(write, one);
  await maintenance.query("update projects set client_consent = 'item'");
  expect(await fateOf(one)).toEqual({ state: "kept_out", reason: "no_consent" });
});

test("with a token of a secret key's holder it is stored, for that person alone", async () => {
  const [ann, bob] = [someone(), someone()];
  const now = Date.now();
  const token = signConsentToken(project.pseudonymKey, {
    subjectId: project.subjectId(ann),
    purposes: ["model_training"],
    signedAt: new Date(now - 1_000),
    expiresAt: new Date(now + 60_000),
  });
  await send(write, await item(ann, { ...grant, token }));
  await send(write, await item(bob, { ...grant, token }));
  expect([await storedOf(ann), await storedOf(bob)]).toEqual([true, undefined]);
  const [record] = await worker.query(
    "select method, key_kind, key_id from consents where subject_id = $1",
    [project.subjectId(ann)],
  );
  expect(record).toEqual({ method: "feedback", key_kind: "write", key_id: "client" });
  // The client may keep it for its minute: said before the withdrawal, it does not undo it.
  await project.consent(ann, false);
  await send(write, await item(ann, { ...grant, token }));
  expect(await storedOf(ann)).toBe(false);
});

const track = (user: string, granted: boolean, more: object = {}) => ({
  type: "track",
  event: "Opened",
  userId: user,
  context: { consent: { categoryPreferences: { model_training: granted } } },
  ...more,
});

test("a retry of a yes, by whatever way it came, does not undo the no after it", async () => {
  const before = new Date(Date.now() - 5_000);
  for (const [head, make] of [
    [secret, (user: string) => item(user, grant)],
    [secret, (user: string) => item(user, grant, { occurred_at: before.toISOString() })],
    [{ ...secret, kind: "tracking" }, async (user: string) => track(user, true)],
    [
      { ...secret, kind: "tracking" },
      async (user: string) => track(user, true, { messageId: crypto.randomUUID() }),
    ],
    [
      { ...secret, kind: "tracking" },
      // A clock that is slow, and says when it sends: corrected anew on each arrival.
      async (user: string) =>
        track(user, true, { timestamp: before.toISOString(), sentAt: before.toISOString() }),
    ],
  ] as const) {
    const ann = someone();
    const said = await make(ann);
    await send(head, said, before);
    expect(await storedOf(ann)).toBe(true);
    await project.consent(ann, false);
    await send(head, said);
    await send(head, said);
    expect(await storedOf(ann)).toBe(false);
  }
});

test("a dead letter that is replayed says what it said when it first came", async () => {
  const ann = someone();
  const inboxId = await project.post({ ...secret, kind: "tracking" }, track(ann, true));
  await worker.query(
    "update inbox set first_received_at = now() - interval '1 hour' where inbox_id = $1",
    [inboxId],
  );
  await project.consent(ann, false);
  await project.cleaner.clean({ inboxIds: [inboxId], items: 1 });
  expect(await storedOf(ann)).toBe(false);
});

test("Sec-GPC is a no by every way, also where the item is looked at again later", async () => {
  const gpc = { ...secret, gpc: true } as const;
  const ann = someone();
  await send(gpc, await item(ann, grant));
  await send({ ...gpc, kind: "tracking" }, track(ann, true));
  expect(await storedOf(ann)).toBeUndefined();

  await project.consent(ann, true);
  const predictionId = project.newId();
  const waits = { ...(await item(ann)), prediction_id: predictionId };
  await send(gpc, waits);
  expect(await fateOf(waits)).toMatchObject({ state: "waiting" });
  await project.predict(ann, { predictionId });
  await send(secret, waits); // a retry looks again
  expect(await fateOf(waits)).toEqual({ state: "kept_out", reason: "no_consent" });
});

test("a withdrawal is not lost in a message whose id was used, and a double of it moves nothing", async () => {
  const ann = someone();
  const messageId = crypto.randomUUID();
  const tracking = { ...write, kind: "tracking" } as const;
  await project.consent(ann, true, new Date(Date.now() - 10_000));
  await send(tracking, { type: "page", userId: ann, messageId });
  const withdrawal = track(ann, false, { messageId });
  await send(tracking, withdrawal);
  expect(await storedOf(ann)).toBe(false);
  await project.consent(ann, true);
  await send(tracking, withdrawal);
  expect(await storedOf(ann)).toBe(true);
});

test("a banner's no without sentAt counts from when it came, by a slow clock too", async () => {
  const ann = someone();
  await project.consent(ann, true);
  const slow = new Date(Date.now() - 3_600_000).toISOString();
  await send({ ...write, kind: "tracking" }, track(ann, false, { timestamp: slow }));
  expect(await storedOf(ann)).toBe(false);
});

test("what is in force depends on what was said and when it first came, not on order and number", async () => {
  interface Said {
    granted: boolean;
    dated: boolean;
    at: number;
    way: "feedback" | "tracking";
  }
  const anySaid = fc.record({
    granted: fc.boolean(),
    dated: fc.boolean(),
    at: fc.integer({ min: 0, max: 20 }),
    way: fc.constantFrom("feedback", "tracking"),
  });
  const base = Date.now() - 1_000_000;
  const at = (n: number) => new Date(base + n * 1_000);
  const make = async (user: string, { granted, dated, at: n, way }: Said) => {
    const when = at(n).toISOString();
    if (way === "feedback")
      return item(user, { model_training: granted }, dated ? { occurred_at: when } : {});
    const dates = dated ? { timestamp: when, sentAt: when } : {};
    return track(user, granted, { messageId: crypto.randomUUID(), ...dates });
  };
  await fc.assert(
    fc.asyncProperty(
      fc
        .uniqueArray(anySaid, { minLength: 1, maxLength: 6, selector: ({ at: n }) => n })
        .chain((all) =>
          fc.tuple(
            fc.constant(all),
            fc.shuffledSubarray(all, { minLength: all.length }),
            fc.shuffledSubarray(all),
          ),
        ),
      async ([all, order, again]) => {
        const ann = someone();
        const bodies = new Map<Said, object>();
        for (const said of all) bodies.set(said, await make(ann, said));
        const posts = await Promise.all(
          [...order, ...again].map((said, i) =>
            // A retry comes a minute later.
            project.post(
              { ...secret, kind: said.way },
              bodies.get(said) ?? {},
              at(said.at + (i < order.length ? 0 : 60)),
            ),
          ),
        );
        // In batches of two, the last of which holds a retry alone or nothing.
        for (let i = 0; i < posts.length; i += 2)
          await project.cleaner.clean({ inboxIds: posts.slice(i, i + 2), items: 2 });
        const weigh = ({ granted, dated, at: n }: Said) => (granted && !dated ? -1 : n);
        const last = all.reduce((a, b) => (weigh(b) > weigh(a) ? b : a));
        const noes = all.filter((one) => !one.granted);
        const expected = noes.length === 0 ? true : last.granted;
        expect(await storedOf(ann)).toBe(expected);
      },
    ),
    { numRuns: 25 },
  );
});
