import {
  type App,
  count,
  examShareOf,
  type LeftOut,
  type Sample,
  seededRandom,
  shuffled,
  splitLabelled,
  tellLeftOut,
} from "@groundswell/crowd";

import { type ListedPicture, listPictures } from "./list-pictures.ts";
import { readPicture } from "./read-picture.ts";

export { UnusableFolder } from "./list-pictures.ts";

export interface PicturesOptions {
  /** With a folder for each class. */
  folder: string;
  /** For the exam. */
  exam?: string | undefined;
  seed: number;
  /** Told now and then how many have been read. */
  onProgress?: (read: number, of: number) => void;
}

/** Read and shrunk, each takes some milliseconds. */
const MOST = 10_000;
const MOST_EXAM = 2_000;
const AT_ONCE = 8;
/** Of a class name. */
const MOST_LABEL = 256;

/**
 * An app that sorts pictures into classes, and whose users correct it.
 *
 * @throws UnusableFolder where the folder can't be used, Error where it has too little for a story
 */
export async function loadPictures(
  options: PicturesOptions,
): Promise<{ app: App; notes: string[] }> {
  const { folder, seed } = options;
  const { listed, leftOut } = listAll(options);
  const drawn = [...draw(listed, false, MOST, seed), ...draw(listed, true, MOST_EXAM, seed)];
  const read = await readAll(drawn, options.onProgress);
  leftOut.push(...read.leftOut);
  const notes = [
    ...(drawn.length < listed.length
      ? [
          `${count(drawn.length)} of ${count(listed.length, "file")} are read, drawn by chance: enough for a story`,
        ]
      : []),
    ...tellLeftOut(leftOut, `${count(read.pictures.length + leftOut.length, "file")} in ${folder}`),
  ];
  const hasExam = listed.some(({ forExam }) => forExam);
  const split = splitLabelled({
    items: read.pictures.filter(({ forExam }) => !forExam),
    exam: hasExam ? read.pictures.filter(({ forExam }) => forExam) : undefined,
    from: folder,
    noun: "picture",
    leftOut: notes,
    most: MOST,
    seed,
  });
  return {
    notes: [...notes, ...split.notes],
    app: {
      title: `an app that sorts pictures into ${count(split.classes.length, "class")}`,
      things: "pictures",
      model: "pictures",
      settings: {
        recipe: "image-classifier",
        classes: split.classes,
        // What a killed process had answered must be found by the feedback that follows.
        log_predictions: "before",
        gate: { margin: 0.03, min_examples: Math.min(200, Math.ceil(split.traffic.length / 40)) },
        exam_share: examShareOf(split.users),
        validation_share: 0.1,
      },
      traffic: split.traffic.map(sampleOf),
      exam: split.exam.map(sampleOf),
      users: split.users,
    },
  };
}

/** With an exam of its own, everything in that folder is the exam. */
function listAll({ folder, exam }: PicturesOptions): {
  listed: ListedPicture[];
  leftOut: LeftOut[];
} {
  const { pictures, leftOut } = listPictures(folder);
  if (exam === undefined) return { listed: pictures, leftOut };
  const examined = listPictures(exam);
  const listed = [
    ...pictures.map((picture) => ({ ...picture, forExam: false })),
    ...examined.pictures.map((picture) => ({ ...picture, forExam: true })),
  ];
  return { listed, leftOut: [...leftOut, ...examined.leftOut] };
}

const draw = (listed: readonly ListedPicture[], forExam: boolean, most: number, seed: number) =>
  shuffled(
    listed.filter((picture) => picture.forExam === forExam),
    seededRandom(seed),
  ).slice(0, most);

interface Picture extends Sample {
  forExam: boolean;
}

/** Some at once, in the order in which they were drawn. */
async function readAll(
  drawn: readonly ListedPicture[],
  onProgress: PicturesOptions["onProgress"],
): Promise<{ pictures: Picture[]; leftOut: LeftOut[] }> {
  const pictures: Picture[] = [];
  const leftOut: LeftOut[] = [];
  for (let at = 0; at < drawn.length; at += AT_ONCE) {
    const some = drawn.slice(at, at + AT_ONCE);
    for (const one of await Promise.all(some.map(readOne)))
      if ("why" in one) leftOut.push(one);
      else pictures.push(one);
    onProgress?.(at + some.length, drawn.length);
  }
  return { pictures, leftOut };
}

async function readOne({ path, where, label, forExam }: ListedPicture): Promise<Picture | LeftOut> {
  if (label.length > MOST_LABEL)
    return { where, why: `a class of more than ${MOST_LABEL} characters` };
  const read = await readPicture(path);
  if ("why" in read) return { where, why: read.why };
  return { inputs: { image: { b64: read.png.toString("base64") } }, label, forExam };
}

const sampleOf = ({ inputs, label }: Picture): Sample => ({ inputs, label });
