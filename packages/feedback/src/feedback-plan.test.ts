import fc from "fast-check";
import { expect, test } from "vitest";

import { unbelievable } from "./clock-skew.ts";
import { type KeptValue, planFeedback, type Settling } from "./feedback-plan.ts";
import type { FeedbackValue } from "./feedback-value.ts";
import { valueHash } from "./message-key.ts";

const T0 = Date.parse("2026-11-01T00:00:00Z");

/** The verdict depends on the value alone, as it does when consent and prediction stay as they are. */
function judge(value: FeedbackValue): Settling {
  const reason = unbelievable(value.occurredAt, value.receivedAt);
  if (reason) return { state: "kept_out", reason, modelId: "m", subjectId: "s", right: null };
  if (value.correction === "no target")
    return { state: "kept_out", reason: "no_target", modelId: "m", subjectId: "s", right: false };
  return {
    state: "joined",
    example: {
      modelId: "m",
      subjectId: "s",
      split: "train",
      target: value.correction ?? "",
      weight: 1,
      asserted: false,
    },
    right: value.correction === "one",
  };
}

const anyValue = fc
  .record({
    correction: fc.constantFrom("one", "two", "three", "no target"),
    prediction: fc.constantFrom("p", "p", "p", "q"),
    occurred: fc.integer({ min: 0, max: 3 }),
    received: fc.integer({ min: 4, max: 6 }),
    future: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    kind: fc.constantFrom("secret" as const, "secret" as const, "write" as const),
  })
  .map(({ correction, prediction, occurred, received, future, kind }) => ({
    projectId: "a",
    feedbackId: "f",
    hash: valueHash({ predictionId: prediction, metric: "correct", value: false, correction }),
    predictionId: prediction,
    metric: "correct",
    value: false,
    correction,
    comment: null,
    subjectId: "s",
    modelName: null,
    occurredAt: new Date(T0 + occurred * 1_000 + (future ? 90 * 86_400_000 : 0)),
    receivedAt: new Date(T0 + received * 1_000),
    key: { kind, id: null },
    itemConsent: null,
  }));
/** Each came in at its own place, as rows of the inbox give it. */
const sent = fc
  .array(anyValue, { minLength: 1, maxLength: 8 })
  .map((values) => values.map((value, i): FeedbackValue => ({ ...value, inboxId: i, item: 0 })));

/** What a database holds after batches were processed one after another. */
function process(batches: readonly (readonly FeedbackValue[])[]) {
  let kept: KeptValue[] = [];
  const ledger: { target: string; live: boolean }[] = [];
  for (const batch of batches) {
    if (batch.length === 0) continue;
    const plan = planFeedback(kept, batch, judge);
    const changed = new Map([...plan.changed, ...plan.fresh].map((value) => [value.hash, value]));
    kept = [
      ...kept.map((value) => changed.get(value.hash) ?? value),
      ...plan.fresh.filter((value) => !kept.some((one) => one.hash === value.hash)),
    ];
    for (const { seq } of plan.superseded) {
      const entry = ledger[seq - 1];
      if (!entry?.live) throw new Error(`superseded twice: ${seq}`);
      entry.live = false;
    }
    if (plan.example) {
      ledger.push({ target: plan.example.target, live: true });
      const winner = kept.find((value) => value.wins);
      if (winner) winner.ledgerSeq = ledger.length;
    }
  }
  const winner = kept.find((value) => value.wins);
  return {
    winner: winner && { hash: winner.hash, state: winner.state, reason: winner.reason },
    live: ledger.filter((entry) => entry.live).map((entry) => entry.target),
    scored: kept
      .filter((value) => value.scoredRight !== null)
      .map((value) => [value.hash, value.scoredRight]),
    keys: kept
      .map(({ hash, occurredAt, inboxId }) => `${hash} ${occurredAt.toISOString()} ${inboxId}`)
      .toSorted(),
  };
}

test("the outcome is that of the set: any order, any batches, any retries of the processing", () => {
  fc.assert(
    fc.property(
      sent.chain((values) =>
        fc.record({
          values: fc.constant(values),
          order: fc
            .array(fc.nat(values.length - 1), { maxLength: 12 })
            .map((again) => [...values.keys(), ...again])
            .chain((all) => fc.shuffledSubarray(all, { minLength: all.length })),
          cuts: fc.array(fc.nat(20), { maxLength: 4 }),
        }),
      ),
      ({ values, order, cuts }) => {
        const shuffled = order.flatMap((i) => values[i] ?? []);
        const edges = [0, ...cuts.toSorted((a, b) => a - b), shuffled.length];
        const batches = edges.map((edge, i) => shuffled.slice(edges[i - 1] ?? 0, edge));
        expect(process(batches)).toEqual(process([values]));
      },
    ),
    { numRuns: 1000 },
  );
});

test("the greatest (occurred at, received at, inbox id, item) of the owner's first one's prediction wins", () => {
  fc.assert(
    fc.property(sent, (values) => {
      const owns = values.some(({ key }) => key.kind === "secret") ? "secret" : "write";
      const doubt = (value: FeedbackValue) =>
        unbelievable(value.occurredAt, value.receivedAt) === undefined ? 0 : 1;
      const byPlace = (a: FeedbackValue, b: FeedbackValue) =>
        a.receivedAt.getTime() - b.receivedAt.getTime() || a.inboxId - b.inboxId;
      const firstOf = new Map<string, FeedbackValue>();
      const owners = values.filter(({ key }) => key.kind === owns);
      for (const value of owners.toSorted((a, b) => doubt(a) - doubt(b) || byPlace(a, b)))
        if (!firstOf.has(value.hash)) firstOf.set(value.hash, value);
      const inOrder = [...firstOf.values()].toSorted(byPlace);
      const rank = (value: FeedbackValue) => [
        1 - doubt(value),
        value.occurredAt.getTime(),
        value.receivedAt.getTime(),
        value.inboxId,
      ];
      const best = [...firstOf.values()]
        .filter((value) => value.predictionId === inOrder[0]?.predictionId)
        .toSorted((a, b) => {
          const [x, y] = [rank(a), rank(b)];
          const at = x.findIndex((part, i) => part !== y[i]);
          return at < 0 ? 0 : (y[at] ?? 0) - (x[at] ?? 0);
        })[0];
      expect(process([values]).winner?.hash).toBe(best?.hash);
    }),
  );
});

test("what waits is decided about when it is looked at again, and counted once", () => {
  const [value] = fc.sample(anyValue, 1).map((one) => ({ ...one, inboxId: 1, item: 0 }));
  if (!value) throw new Error("no sample");
  const sane = { ...value, occurredAt: value.receivedAt, correction: "one" };
  const waiting = planFeedback([], [sane], () => ({ state: "waiting" }));
  expect(waiting.fresh).toMatchObject([{ wins: true, state: "waiting" }]);
  expect(waiting.counts).toEqual([]);
  const again = planFeedback(waiting.fresh, [], () => ({ state: "waiting" }));
  expect(again).toMatchObject({ fresh: [], changed: [], counts: [] });
  const joined = planFeedback(waiting.fresh, [], judge);
  expect(joined.changed).toMatchObject([{ state: "joined", scoredRight: true }]);
  expect(joined.counts).toEqual([
    { what: "feedback", modelId: "m" },
    { what: "example", modelId: "m" },
  ]);
});
