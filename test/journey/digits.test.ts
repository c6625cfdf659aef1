import {
  AliasView,
  type KeptOutReason,
  ModelView,
  type Overview,
  type RunView,
  uuid7Generator,
} from "@groundswell/contracts";
import {
  type Client,
  type Expected,
  expectedOf,
  type Plan,
  planCrowd,
  playCrowd,
  type Played,
  sitExam,
} from "@groundswell/crowd";
import { pseudonym } from "@groundswell/feedback";
import { loadHandwriting } from "@groundswell/handwriting";
import { SERVICES } from "@groundswell/scripts/services";
import { fineTune, promote } from "@groundswell/scripts/story/fine-tune";
import { settle } from "@groundswell/scripts/story/settle";
import { createTerminal } from "@groundswell/scripts/terminal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { runPlatform, type RunningPlatform } from "./running-platform.ts";

const MODEL = "digits";
const app = loadHandwriting({ traffic: 2_500, exam: 500, users: 100, seed: 7 });
const settings = {
  ...app.settings,
  gate: { min_accuracy: 0.7, margin: 0.05, min_examples: 50 },
};

let running: RunningPlatform;
let client: Client;
let plan: Plan;
let expected: Expected;
let played: Played;
let learned: Overview;
const right: boolean[] = [];
/** Requests that had no answer because a process was killed: they were sent again. */
let unanswered = 0;
const killed: string[] = [];

beforeAll(async () => {
  running = await runPlatform();
  client = running.connect({ patienceMs: 60_000, onUnanswered: () => (unanswered += 1) });
  await client.call(`/api/v1/models/${MODEL}`, ModelView, { method: "PUT", body: settings });
  plan = planCrowd({ visits: app.traffic.length, users: app.users, seed: 7 });
  expected = expectedOf(plan);
  played = await playCrowd({
    client,
    model: MODEL,
    samples: app.traffic,
    plan,
    perSecond: 250,
    newId: uuid7Generator(Date.now),
    clock: Date.now,
    onAnswer(_answer, isRight) {
      right.push(isRight);
      killOneAfter(right.length);
    },
  });
  learned = await settle({ client, model: MODEL, unmatched: expected.unmatched });
}, 240_000);

afterAll(async () => {
  await running.stop();
});

/** Each service once, spread over the stream. */
function killOneAfter(answers: number): void {
  const every = Math.floor(app.traffic.length / (SERVICES.length + 1));
  const name = answers % every === 0 ? SERVICES[answers / every - 1] : undefined;
  const pid = name && running.platform.services[name].pid();
  if (!name || pid === undefined) return;
  killed.push(name);
  process.kill(pid, "SIGKILL");
}

const share = (answers: readonly boolean[]) => answers.filter(Boolean).length / answers.length;
const keptOut = (reason: KeptOutReason) =>
  learned.kept_out.find((row) => row.reason === reason)?.count ?? 0;

test("the model gets better while its users correct it", () => {
  expect(share(right.slice(0, 100))).toBeLessThan(0.5);
  expect(share(right.slice(-500))).toBeGreaterThan(0.75);
  expect(learned.progressive?.value).toBeGreaterThan(0.7);
  expect(learned.learned.p50_ms).toBeGreaterThan(0);
});

test("each service was killed once, and nothing that was accepted is lost or counted twice", async () => {
  expect(killed.toSorted()).toEqual([...SERVICES].toSorted());
  expect(played.predictions).toBe(app.traffic.length);
  const [{ values } = { values: 0 }] = await running.sql<{ values: number }>(
    "select count(*)::int as values from feedback",
  );
  const { superseded, unmatched } = expected;
  expect(values).toBe(app.traffic.length + superseded + unmatched);
  expect(learned.feedback_total).toBe(app.traffic.length + superseded);
  expect(learned.queues.dead_letters).toBe(0);
});

describe("what may not teach is counted with its reason", () => {
  test("of users that never agreed", () => {
    expect(keptOut("no_consent")).toBe(expected.noConsent);
  });

  test("replaced, or about no prediction", () => {
    expect(keptOut("superseded")).toBe(expected.superseded);
    expect(learned.queues.waiting).toBe(expected.unmatched);
    expect(played.unreadable).toBe(expected.unreadable);
  });

  test("not understood, or the same again: at most once more for each answer that was lost", () => {
    expect(keptOut("malformed")).toBe(learned.queues.quarantine);
    for (const reason of ["malformed", "duplicate"] as const) {
      expect(keptOut(reason)).toBeGreaterThanOrEqual(expected[reason]);
      expect(keptOut(reason)).toBeLessThanOrEqual(expected[reason] + unanswered);
    }
  });

  test("every value is an example, held out, or kept out for a reason", async () => {
    const [{ examples } = { examples: 0 }] = await running.sql<{ examples: number }>(
      "select count(*)::int as examples from ledger where kind = 'example' and split <> 'exam'",
    );
    const { usable, withdrawers, superseded } = expected;
    const withdrawn = keptOut("consent_withdrawn");
    expect(withdrawn).toBeGreaterThan(0);
    expect(withdrawn).toBeLessThan(withdrawers);
    const judged = usable + withdrawers - withdrawn;
    // A replaced value was an example too, unless both were cleaned together.
    expect(examples + keptOut("held_out")).toBeGreaterThanOrEqual(judged);
    expect(examples + keptOut("held_out")).toBeLessThanOrEqual(judged + superseded);
  });
});

describe("the ledger", () => {
  const subjectsThat = async (attitude: string) => {
    const [project] = await running.sql<{ key: Buffer }>(
      "select pseudonym_key as key from projects",
    );
    if (!project) throw new Error("no project");
    return [...plan.attitudes]
      .filter(([, one]) => one === attitude)
      .map(([subject]) => pseudonym(project.key, "user", subject));
  };

  test("has nothing of users that never agreed", async () => {
    const subjects = await subjectsThat("never-agreed");
    expect(subjects.length).toBe(20);
    expect(
      await running.sql("select seq from ledger where subject_id = any($1)", [subjects]),
    ).toEqual([]);
  });

  test("keeps nothing in force of users that withdrew", async () => {
    const subjects = await subjectsThat("withdraws");
    expect(
      await running.sql(
        `select seq from ledger
         where subject_id = any($1) and kind = 'example' and excluded_by is null`,
        [subjects],
      ),
    ).toEqual([]);
  });

  test("gives no example of an exam user to any step, and each other one to one step", async () => {
    const taken = await running.sql<{ seq: number; split: string; times: number }>(
      `select l.seq, l.split, count(*)::int as times
       from steps s, unnest(s.took) as t(seq) join ledger l using (seq)
       where s.base_version is null group by l.seq, l.split`,
    );
    expect(taken.length).toBeGreaterThan(1_000);
    expect(taken.filter(({ split, times }) => split === "exam" || times !== 1)).toEqual([]);
  });
});

describe("fine-tuned on what it may learn from", () => {
  let run: RunView;
  const exams: Record<string, number> = {};
  const examine = async (version?: number) => {
    const { right: correct, of } = await sitExam({ client, model: MODEL }, app.exam, version);
    return correct / of;
  };

  beforeAll(async () => {
    exams["empty"] = await examine(1);
    exams["online"] = await examine();
    const terminal = createTerminal({ write: () => true }, Date.now);
    run = await fineTune({ client, model: MODEL }, terminal);
  }, 180_000);

  test("a candidate passes the gate on users that neither side learned from", () => {
    expect(run.gate?.passed).toBe(true);
    expect(run.dataset?.exam).toBeGreaterThanOrEqual(settings.gate.min_examples);
    expect(run.dataset?.train).toBeGreaterThan(1_000);
  });

  test("promoted it serves, better than what was before; rolled back, the old one does", async () => {
    const version = run.version ?? 0;
    await promote({ client, model: MODEL }, version, "test");
    const after = await sitExam({ client, model: MODEL }, app.exam);
    expect(after.version).toBe(version);
    expect(exams["empty"]).toBeLessThan(0.3);
    expect(exams["online"]).toBeGreaterThan(0.8);
    expect(after.right / after.of).toBeGreaterThan((exams["online"] ?? 1) - 0.01);

    const { body: back } = await client.call(`/api/v1/models/${MODEL}/rollback`, AliasView, {
      method: "POST",
      body: { reason: "test" },
      retry: false,
    });
    const before = await sitExam({ client, model: MODEL }, app.exam);
    expect(back.version).not.toBe(version);
    expect(before.version).toBe(back.version);
    // What it had learned online is still there.
    expect(before.right / before.of).toBeGreaterThan((exams["online"] ?? 1) - 0.03);
  });
});

test("stopped, it leaves no process behind", async () => {
  const pids = Object.values(running.platform.services).map((service) => service.pid());
  expect(pids.every((pid) => pid !== undefined && isAlive(pid))).toBe(true);
  await running.platform.stop();
  expect(pids.filter((pid) => pid !== undefined && isAlive(pid))).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH
  }
}
