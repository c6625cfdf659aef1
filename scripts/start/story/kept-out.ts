import type { KeptOutReason } from "@groundswell/contracts";

const WORDS: Record<KeptOutReason, string> = {
  no_consent: "never agreed to training",
  consent_withdrawn: "withdrew the agreement",
  no_subject: "nobody named",
  held_out: "users kept for the gate's exam",
  duplicate: "the same again",
  superseded: "replaced by a later answer",
  other_feedback: "another feedback of the same prediction counts",
  not_your_id: "a client's key used an id of the server's",
  not_teaching: "of a metric that does not teach",
  malformed: "not understood",
  no_target: "says nothing to learn",
  contradiction: "called right and corrected at once",
  unknown_class: "a class that the model does not have",
  wrong_subject: "another user's prediction",
  wrong_model: "another model's prediction",
  prediction_changed: "speaks of another prediction than before",
  unmatched: "its prediction never came",
  too_old: "too old",
  from_the_future: "dated in the future",
};

/** A reason in words; as it is, where it is newer than this list. */
export function inWords(reason: string): string {
  const known = Object.entries(WORDS).find(([name]) => name === reason);
  return known ? known[1] : reason;
}
