/**
 * What one loud person, or fifty invented ones, do to a model of handwritten digits that learns online:
 * with a person's share bounded as by default, and unbounded, in one run.
 *
 *     pnpm bench:attack [--people 400] [--seed 1]
 */
import { parseArgs } from "node:util";

import { inSteps } from "@groundswell/db";
import { loadDigits, SIDE } from "@groundswell/handwriting";
import {
  bestOf,
  type Example,
  initialWeights,
  type ModelSettings,
  openLearner,
  recipes,
  restoreLearner,
} from "@groundswell/training";

const { values } = parseArgs({
  options: {
    people: { type: "string", default: "400" },
    seed: { type: "string", default: "1" },
  },
});
const PEOPLE = Number(values.people);
const HONEST = 4_000;
const EXAM = 2_000;
const PER_STEP = 16;
const TAKEN = 256;
const TURNS = 32;
/** In the time that a learner takes to learn it. */
const ARRIVING = 64;
const CLASSES = "0123456789".split("");
const UNBOUNDED = { from: 1_000_000, step: PER_STEP, share: 1 };

const digits = loadDigits(Number(values.seed));
const honestDigits = digits.slice(0, HONEST);
const exam = digits.slice(HONEST, HONEST + EXAM);
const others = digits.slice(HONEST + EXAM);

interface Said {
  pixels: Uint8Array;
  target: string;
  person: string;
}

const honest: Said[] = honestDigits.map(({ pixels, label }, i) => ({
  pixels,
  target: label,
  person: `honest-${i % PEOPLE}`,
}));

/** Each says of digits that they are the next one. */
function liars(people: number, each: number): Said[] {
  return Array.from({ length: people * each }, (_, i) => {
    const { pixels, label } = others[i % others.length] ?? { pixels: new Uint8Array(), label: "0" };
    return { pixels, target: String((Number(label) + 1) % 10), person: `liar-${i % people}` };
  });
}

/** One prediction under so many ids: each was an example, now one is. */
function oneManyTimes(times: number): Said[] {
  const [first] = liars(1, 1);
  return first ? Array.from({ length: times }, () => first) : [];
}

function settingsWith(voice: object | undefined): ModelSettings {
  const online = voice ? { voice } : {};
  const config = recipes["image-classifier"].config.parse({ width: SIDE, height: SIDE, online });
  return { recipe: "image-classifier", classes: CLASSES, config, seed: 1 };
}

interface State {
  saved: Uint8Array;
  window: readonly Example[];
  step: number;
}

/** What came in at one moment; the learner is idle before the next. */
type Stream = readonly (readonly Example[])[];

let seq = 0;
const exampleOf = ({ pixels, target, person }: Said): Example => ({
  seq: (seq += 1),
  input: pixels,
  target,
  weight: 1,
  person,
});
const trickle = (said: readonly Said[]): Stream =>
  Array.from({ length: Math.ceil(said.length / ARRIVING) }, (_, i) =>
    said.slice(i * ARRIVING, (i + 1) * ARRIVING).map(exampleOf),
  );
const atOnce = (said: readonly Said[]): Stream => [said.map(exampleOf)];

/** Learns as the learner does: takes of at most 256, everybody's first before anybody's second once they are bounded. */
function learn(settings: ModelSettings, stream: Stream, from?: State) {
  const { voice: bounds } = recipes["image-classifier"].config.parse(settings.config).online;
  const known = new Map(from?.window.map((example) => [example.seq, example]));
  const learner = from
    ? restoreLearner(from.saved, (seqs) => seqs.flatMap((one) => known.get(one) ?? []))
    : openLearner(settings, { weights: initialWeights(settings) });
  let step = from?.step ?? 0;
  for (const arrived of stream) {
    for (const example of arrived) known.set(example.seq, example);
    let waiting = [...arrived];
    while (waiting.length > 0) {
      const isBounded = learner.persons >= bounds.from;
      const perPerson = isBounded ? bounds.step : PER_STEP;
      const taken = take(waiting, isBounded ? TURNS * perPerson : TAKEN);
      const gone = new Set(taken);
      waiting = waiting.filter((example) => !gone.has(example));
      for (const examples of inSteps(taken, { perStep: PER_STEP, perPerson }))
        learner.learn({ step: (step += 1), examples, dropped: [], rules: 1 });
    }
  }
  const best = bestOf(learner.predict(exam.map(({ pixels }) => pixels)), CLASSES.length);
  const saved = learner.save();
  learner.close();
  const right = exam.filter(({ label }, i) => CLASSES[best[i] ?? -1] === label).length;
  return { accuracy: right / exam.length, state: { saved, window: [...known.values()], step } };
}

/** As the statement does (`packages/db/src/stores/steps.ts`), among the oldest. */
function take(waiting: readonly Example[], turns: number): Example[] {
  const seen = new Map<string, number>();
  return waiting
    .slice(0, 20_000)
    .map((example) => {
      const turn = (seen.get(example.person) ?? 0) + 1;
      seen.set(example.person, turn);
      return { example, turn };
    })
    .filter(({ turn }) => turn <= turns)
    .toSorted((a, b) => (turns < TAKEN ? a.turn - b.turn : 0) || a.example.seq - b.example.seq)
    .slice(0, TAKEN)
    .map(({ example }) => example)
    .toSorted((a, b) => a.seq - b.seq);
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`.padStart(8);
const points = (difference: number) => `${(100 * difference).toFixed(1)}`.padStart(6);

/** Spread over the second half of what honest people say, as a patient attacker would. */
function among(lies: readonly Said[]): Said[] {
  const every = LATE.length / Math.max(1, lies.length);
  return [
    ...LATE.map((said, i) => ({ said, at: i })),
    ...lies.map((said, i) => ({ said, at: i * every + 0.5 })),
  ]
    .toSorted((a, b) => a.at - b.at)
    .map(({ said }) => said);
}

const LATE = honest.slice(HONEST / 2);

/** A model under one of the two rules: honest people taught it; what an attack leaves of it. */
function victim(voice: typeof UNBOUNDED | undefined) {
  const settings = settingsWith(voice);
  const half = learn(settings, trickle(honest.slice(0, HONEST / 2)));
  const whole = learn(settings, trickle(LATE), half.state);
  return {
    clean: whole.accuracy,
    burst: (lies: readonly Said[]) => learn(settings, atOnce(lies), whole.state).accuracy,
    spread: (lies: readonly Said[]) => learn(settings, trickle(among(lies)), half.state).accuracy,
  };
}

const unbounded = victim(UNBOUNDED);
const bounded = victim(undefined);
const tell = (name: string, before: number, after: number) =>
  console.log(
    `${name.padEnd(38)} ${percent(before)}  ${percent(after)}   ` +
      `${points(unbounded.clean - before)} → ${points(bounded.clean - after)}`,
  );

console.log(
  `${HONEST} honest corrections of ${PEOPLE} people, exam of ${EXAM} digits that nobody met; ` +
    "wrong ones after them (burst) or among their second half (spread)\n",
);
console.log(`${"".padEnd(38)} unbounded   bounded   cost in points`);
console.log(
  `${"honest alone".padEnd(38)} ${percent(unbounded.clean)}  ${percent(bounded.clean)}   ` +
    `the bounds: ${points(unbounded.clean - bounded.clean)}`,
);
for (const n of [100, 300, 1_000, 2_500])
  for (const how of ["burst", "spread"] as const) {
    const lies = liars(1, n);
    tell(`one person, ${n} wrong, ${how}`, unbounded[how](lies), bounded[how](lies));
  }
for (const n of [5, 10, 15])
  for (const how of ["burst", "spread"] as const) {
    const lies = liars(50, n);
    tell(`50 invented persons, ${n} each, ${how}`, unbounded[how](lies), bounded[how](lies));
  }
tell(
  "one prediction under 2,000 ids, burst",
  unbounded.burst(oneManyTimes(2_000)),
  bounded.burst(oneManyTimes(1)),
);
