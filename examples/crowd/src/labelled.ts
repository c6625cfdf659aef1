import { spelling } from "@groundswell/contracts";

import { count } from "./count.ts";
import { seededRandom, shuffled } from "./random.ts";

/** Somebody's own data, as far as a story is made of them. */
export interface Labelled {
  label: string;
}

export interface Split<T> {
  traffic: T[];
  exam: T[];
  classes: string[];
  users: number;
  notes: string[];
}

interface SplitOptions<T> {
  items: readonly T[];
  /** Of their own; default: a share of the items. */
  exam?: readonly T[] | undefined;
  /** Where they are from, for messages. */
  from: string;
  /** What one of them is called. */
  noun: string;
  /** What was said of those that can't be used: where too few are left, it is the reason. */
  leftOut: readonly string[];
  most: number;
  seed: number;
}

const EXAM_SHARE = 0.15;
/** Of a hundred some sixty may teach: the others are of users who never agreed, or are held out. */
const LEAST = 100;
const MOST_CLASSES = 1_000;
const LEAST_USERS = 10;
const MOST_USERS = 400;
const VISITS_A_USER = 6;

/**
 * What users meet, and what is kept for the exam.
 *
 * @throws Error where there is too little for a story, with what is the least
 */
export function splitLabelled<T extends Labelled>(options: SplitOptions<T>): Split<T> {
  const { from, noun, most, seed } = options;
  const asSpelled = inOneSpelling();
  const items = options.items.map(asSpelled);
  if (items.length < LEAST)
    throw new Error(
      [
        `${from} has ${count(items.length, `usable ${noun}`)}: ${LEAST} are the least that a story can be told with`,
        ...options.leftOut,
      ].join("\n  "),
    );
  const mixed = shuffled(items, seededRandom(seed));
  const kept = options.exam ? 0 : Math.round(mixed.length * EXAM_SHARE);
  const exam = options.exam?.map(asSpelled) ?? mixed.slice(0, kept);
  const traffic = mixed.slice(kept, kept + most);
  const classes = classesOf(traffic, from);
  const known = new Set(classes);
  const asked = exam.filter(({ label }) => known.has(label));
  const notes: string[] = [];
  if (mixed.length - kept > most)
    notes.push(
      `${count(most)} of ${count(mixed.length - kept, noun)} are played: enough for a story`,
    );
  if (asked.length < exam.length)
    notes.push(
      `${count(exam.length - asked.length, noun)} of the exam ${exam.length - asked.length === 1 ? "has a label" : "have labels"} that no user meets: left out of it`,
    );
  notes.push(...alike(classes));
  return { traffic, exam: asked, classes, users: usersOf(traffic.length), notes };
}

/** Gives labels that differ in blanks around them or in how their letters are composed the first one's spelling. */
function inOneSpelling() {
  const first = new Map<string, string>();
  return <T extends Labelled>(item: T): T => {
    const same = spelling(item.label);
    const label = first.get(same) ?? item.label;
    first.set(same, label);
    return label === item.label ? item : { ...item, label };
  };
}

function classesOf(items: readonly Labelled[], from: string): string[] {
  const classes = [...new Set(items.map(({ label }) => label))].toSorted();
  if (classes.length < 2)
    throw new Error(
      `${from} has ${count(classes.length, "label")}: there have to be two at least, or there is nothing to tell apart`,
    );
  if (classes.length > MOST_CLASSES)
    throw new Error(
      `${from} has ${count(classes.length, "label")}, and ${count(MOST_CLASSES)} are the most: are these the labels?`,
    );
  return classes;
}

/** Labels that a reader would take for the same. */
function alike(classes: readonly string[]): string[] {
  const first = new Map<string, string>();
  for (const label of classes) {
    const folded = label.normalize("NFKC").toLowerCase();
    const other = first.get(folded);
    if (other !== undefined)
      return [`the labels "${other}" and "${label}" are two classes: they differ in case alone`];
    first.set(folded, label);
  }
  return [];
}

const usersOf = (visits: number) =>
  Math.max(LEAST_USERS, Math.min(MOST_USERS, Math.round(visits / VISITS_A_USER)));

/** A tenth of few people is nobody, or one: of them more sit the gate's exam. */
export const examShareOf = (users: number): number => (users < 100 ? 0.25 : 0.1);
