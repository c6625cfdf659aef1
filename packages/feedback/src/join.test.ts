import { expect, test } from "vitest";

import { feedbackValue, type Said } from "./feedback-value.ts";
import { judgeFeedback, type JoinFacts, type PredictionFacts, type Teaching } from "./join.ts";
import { pseudonym } from "./pseudonym.ts";

const receivedAt = new Date("2026-11-25T12:00:00Z");
const pseudonymKey = Buffer.alloc(32, 7);
const ann = pseudonym(pseudonymKey, "user", "ann");

const said = (more: Partial<Said> = {}, gpc = false) =>
  feedbackValue(
    {
      id: "f",
      prediction_id: "0199aaaa-0000-7000-8000-000000000000",
      metric: "correct",
      value: true,
      subject: undefined,
      occurredAt: undefined,
      ...more,
    },
    {
      projectId: "p",
      pseudonymKey,
      gpc,
      receivedAt,
      inboxId: 1,
      item: 0,
      key: { kind: "secret", id: null },
      clientConsent: "item",
    },
  );

const prediction: PredictionFacts = {
  modelId: "m",
  modelName: "digits",
  classes: ["one", "two"],
  splitSalt: Buffer.alloc(16),
  examShare: 0,
  validationShare: 0,
  pinned: false,
  teachingMetrics: ["correct"],
  subjectId: ann,
  label: "one",
};
/** A recipe that learns the label of whatever was said to be right. */
const teaching: Teaching = {
  exampleOf: ({ label }, { value }) =>
    value === true ? { target: label, weight: 1 } : { reason: "no_target" },
  wasRight: (_prediction, { value }) => (typeof value === "boolean" ? value : null),
};
const judge = (value: ReturnType<typeof said>, facts: Partial<JoinFacts> = {}) =>
  judgeFeedback(value, {
    prediction,
    mayTrain: () => true,
    splitOf: () => "train",
    teaching,
    ...facts,
  });

test("with consent it teaches, with whose it is and in which part", () => {
  expect(judge(said())).toEqual({
    state: "joined",
    example: {
      modelId: "m",
      subjectId: ann,
      split: "train",
      target: "one",
      weight: 1,
      asserted: false,
    },
    right: true,
  });
  expect(judge(said(), { splitOf: () => "exam" })).toMatchObject({ example: { split: "exam" } });
  const unplaced = { state: "unplaced", modelId: "m", subjectId: ann };
  expect(judge(said(), { splitOf: () => undefined })).toEqual(unplaced);
});

test.each([
  ["no_consent", said(), { mayTrain: (): undefined => undefined }],
  ["consent_withdrawn", said(), { mayTrain: (): boolean => false }],
  ["no_consent", said({}, true), {}],
  ["no_subject", said(), { prediction: { ...prediction, subjectId: null } }],
  ["wrong_subject", said({ subject: { kind: "user", value: "bob" } }), {}],
  ["wrong_subject", said({ subject: { kind: "anonymous", value: "ann" } }), {}],
  ["wrong_model", said({ model: "letters" }), {}],
  ["wrong_model", said(), { prediction: { ...prediction, pinned: true } }],
  ["too_old", said({ occurredAt: new Date(0) }), { prediction: undefined }],
  ["from_the_future", said({ occurredAt: new Date("2099-01-01") }), {}],
  ["no_target", said({ value: false }), {}],
] as const)("kept out: %s", (reason, value, facts) => {
  const verdict = judge(value, facts);
  expect(verdict).toMatchObject({ state: "kept_out", reason });
  // Nothing is scored of somebody who has not agreed, or of another answer than the champion's.
  expect(verdict).toMatchObject({ right: reason === "no_target" ? false : null });
});

test("it waits for its prediction; naming the person may be left to it", () => {
  expect(judge(said(), { prediction: undefined })).toEqual({ state: "waiting" });
  expect(judge(said({ subject: { kind: "user", value: "ann" } }))).toMatchObject({
    state: "joined",
  });
  const anonymous = { ...prediction, subjectId: null };
  expect(
    judge(said({ subject: { kind: "user", value: "ann" } }), { prediction: anonymous }),
  ).toMatchObject({ state: "joined", example: { subjectId: ann } });
});
