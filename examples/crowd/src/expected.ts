import type { Act, Plan } from "./plan.ts";

/**
 * What the platform has to have counted once a plan was carried out and everything that waited was
 * decided about. Values of users that withdraw are counted apart: whether one of them was learned
 * before, or kept out after the withdrawal, depends on the moment.
 */
export interface Expected {
  /** Values that may teach or examine. */
  usable: number;
  /** Values of users that withdrew, before and after that. */
  withdrawers: number;
  noConsent: number;
  /** The same value again. */
  duplicate: number;
  /** Values that another one replaced; they were usable before. */
  superseded: number;
  /** Items that could not be understood. */
  malformed: number;
  /** Requests that could not be read at all. */
  unreadable: number;
  /** Values about predictions that nobody asked for. */
  unmatched: number;
}

export function expectedOf({ acts, attitudes }: Plan): Expected {
  const expected: Expected = {
    usable: 0,
    withdrawers: 0,
    noConsent: 0,
    duplicate: 0,
    superseded: 0,
    malformed: 0,
    unreadable: 0,
    unmatched: 0,
  };
  for (const act of acts) {
    if (act.kind === "mistake") expected[COUNTED_AS[act.mistake]] += 1;
    if (act.kind !== "visit") continue;
    const attitude = attitudes.get(act.subject);
    if (attitude === "never-agreed") expected.noConsent += 1;
    else if (attitude === "withdraws") expected.withdrawers += 1;
    else expected.usable += 1;
    if (act.manner === "twice") expected.duplicate += 1;
    if (act.manner === "corrected") expected.superseded += 1;
  }
  return expected;
}

const COUNTED_AS = {
  "not-json": "unreadable",
  "wrong-type": "malformed",
  "nothing-named": "malformed",
  "unknown-prediction": "unmatched",
} as const satisfies Record<Extract<Act, { kind: "mistake" }>["mistake"], keyof Expected>;
