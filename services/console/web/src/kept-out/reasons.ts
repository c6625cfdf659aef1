import type { KeptOutReason } from "@groundswell/contracts";

interface Words {
  /** On the bar and in the live row. */
  short: string;
  /** On hover: what it means for the user who sent it. */
  long: string;
}

const WORDS: Record<KeptOutReason, Words> = {
  no_consent: { short: "never agreed", long: "Its user has not allowed training on it" },
  consent_withdrawn: { short: "withdrew", long: "Its user agreed once and took it back" },
  no_subject: { short: "no user named", long: "Nobody's agreement can be looked up" },
  held_out: {
    short: "held out for exams",
    long: "Its user's feedback judges candidates at the gate, or stops a training early",
  },
  duplicate: { short: "sent twice", long: "The same feedback with the same value, again" },
  superseded: { short: "changed later", long: "The user answered anew; the newer answer counts" },
  other_feedback: {
    short: "told elsewhere",
    long: "Another feedback of the same prediction counts: one teaches for each person",
  },
  not_your_id: {
    short: "another's id",
    long: "The id is one that the server uses: what a client's key says under it counts for nothing",
  },
  not_teaching: {
    short: "other metric",
    long: "Its metric is none that the model declares as teaching (teaching_metrics)",
  },
  malformed: { short: "malformed", long: "It could not be understood: see the quarantine" },
  no_target: {
    short: "right answer unknown",
    long: "The user said it was wrong, but not what would have been right",
  },
  contradiction: {
    short: "contradicts itself",
    long: "The value says that it was right, and the correction names another class",
  },
  unknown_class: { short: "unknown class", long: "The correction is none of the model's classes" },
  wrong_subject: { short: "another user's", long: "The prediction was made for somebody else" },
  wrong_model: { short: "another model's", long: "The prediction is of another or a pinned model" },
  prediction_changed: {
    short: "moved to another",
    long: "A feedback id can't move from one prediction to another",
  },
  unmatched: { short: "prediction unknown", long: "Its prediction was not stored within a day" },
  too_old: { short: "too old", long: "More than a year old when it came" },
  from_the_future: { short: "from the future", long: "Dated more than a day ahead" },
};

const known = (reason: string): reason is KeptOutReason => Object.hasOwn(WORDS, reason);

/** Words for a reason; a newer server may have one that this page doesn't know. */
export const reasonWords = (reason: string): Words =>
  known(reason) ? WORDS[reason] : { short: reason.replaceAll("_", " "), long: reason };
