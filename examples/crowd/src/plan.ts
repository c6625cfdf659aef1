import { seededRandom } from "./random.ts";

/**
 * How a user tells what they did: at once; some time `late`; `early`, before the prediction is
 * stored (an app that learns the label by other means, from a form's own check digit say);
 * `twice`, as an impatient app does; or wrong at first and then `corrected`.
 */
type Manner = "at-once" | "late" | "early" | "twice" | "corrected";

/** Messages that no app should send, and some do. */
export type Mistake = "not-json" | "wrong-type" | "nothing-named" | "unknown-prediction";

export type Act =
  | { kind: "agree"; subject: string }
  | { kind: "withdraw"; subject: string }
  | { kind: "visit"; subject: string; sample: number; manner: Manner }
  | { kind: "mistake"; subject: string; mistake: Mistake };

export interface Crowd {
  /** Samples that are met, one a visit. */
  visits: number;
  users: number;
  seed: number;
  /** Share of the users that let the model learn from them. */
  agreeing?: number;
  /** Share of the users that agree at first and withdraw after half of their visits. */
  withdrawing?: number;
  /** Share of the visits with each manner; the rest tells at once. */
  manners?: Partial<Record<Exclude<Manner, "at-once">, number>>;
  /** Messages that make no sense, each kind as often as the others. */
  mistakes?: number;
}

export interface Plan {
  acts: readonly Act[];
  /** Each user's attitude to being learned from. */
  attitudes: ReadonlyMap<string, Attitude>;
}

export type Attitude = "agrees" | "never-agreed" | "withdraws";

const MANNERS = { late: 0.03, early: 0.02, twice: 0.02, corrected: 0.01 } as const;
const MISTAKES: readonly Mistake[] = [
  "not-json",
  "wrong-type",
  "nothing-named",
  "unknown-prediction",
];
/** About a fifth of the users is there at a time. */
const PRESENT = 0.2;

/** The same crowd for the same numbers: who comes when, and what they do. */
export function planCrowd(crowd: Crowd): Plan {
  const random = seededRandom(crowd.seed);
  const attitudes = attitudesOf(crowd, random);
  const visitors = Array.from({ length: crowd.visits }, (_, at) => visitorAt(crowd, at, random));
  const leaving = withdrawals(visitors, attitudes);
  const seen = new Set<string>();
  const acts: Act[] = [];
  const mistakes = mistakesBy(crowd);

  for (const [at, subject] of visitors.entries()) {
    if (!seen.has(subject) && attitudes.get(subject) !== "never-agreed")
      acts.push({ kind: "agree", subject });
    seen.add(subject);
    const manner = mannerOf(crowd, attitudes.get(subject), random());
    acts.push({ kind: "visit", subject, sample: at, manner });
    if (leaving.get(subject) === at) acts.push({ kind: "withdraw", subject });
    for (const mistake of mistakes.get(at) ?? []) acts.push({ kind: "mistake", subject, mistake });
  }
  return { acts, attitudes };
}

/** After which visits they are made: evenly spread, the kinds in turn. */
function mistakesBy({ visits, mistakes = 24 }: Crowd): Map<number, Mistake[]> {
  const by = new Map<number, Mistake[]>();
  for (let i = 0; i < mistakes; i++) {
    const at = Math.floor(((i + 0.5) * visits) / mistakes);
    const mistake = MISTAKES[i % MISTAKES.length];
    if (mistake) by.set(at, [...(by.get(at) ?? []), mistake]);
  }
  return by;
}

function attitudesOf(
  { users, agreeing = 0.8, withdrawing = 0.04 }: Crowd,
  random: () => number,
): Map<string, Attitude> {
  const ranked = Array.from({ length: users }, (_, index) => ({ index, key: random() }));
  ranked.sort((a, b) => a.key - b.key);
  const attitudes = new Map<string, Attitude>();
  for (const [place, { index }] of ranked.entries()) {
    const share = (place + 0.5) / users;
    const attitude =
      share >= agreeing ? "never-agreed" : share < withdrawing ? "withdraws" : "agrees";
    attitudes.set(nameOf(index), attitude);
  }
  return attitudes;
}

const nameOf = (index: number) => `user-${String(index + 1).padStart(4, "0")}`;

/** People come and go: the window of those present moves through all users. */
function visitorAt({ users, visits }: Crowd, at: number, random: () => number): string {
  const present = Math.max(1, Math.round(users * PRESENT));
  const first = Math.floor((at * (users - present + 1)) / visits);
  return nameOf(first + Math.floor(random() * present));
}

/** After which visit each user that withdraws does so. */
function withdrawals(
  visitors: readonly string[],
  attitudes: ReadonlyMap<string, Attitude>,
): Map<string, number> {
  const visits = new Map<string, number[]>();
  for (const [at, subject] of visitors.entries())
    if (attitudes.get(subject) === "withdraws")
      visits.set(subject, [...(visits.get(subject) ?? []), at]);
  return new Map(
    [...visits].map(([subject, all]) => [subject, all[Math.floor((all.length - 1) / 2)] ?? 0]),
  );
}

/**
 * Only those that agree for good change their minds about an answer: of the others it would depend
 * on the moment how many of their values come to be judged, and nothing could be counted exactly.
 */
function mannerOf(crowd: Crowd, attitude: Attitude | undefined, at: number): Manner {
  const shares = { ...MANNERS, ...crowd.manners };
  let upTo = 0;
  for (const manner of ["late", "early", "twice", "corrected"] as const) {
    upTo += shares[manner];
    if (at >= upTo) continue;
    return manner === "corrected" && attitude !== "agrees" ? "at-once" : manner;
  }
  return "at-once";
}
