import { type Dirent, readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

import type { LeftOut } from "@groundswell/crowd";

/** A file that may be a picture, and the class that its folder says. */
export interface ListedPicture {
  path: string;
  /** Within the folder, for messages. */
  where: string;
  label: string;
  /** It lies in a folder that is the exam's. */
  forExam: boolean;
}

export interface Listing {
  pictures: ListedPicture[];
  leftOut: LeftOut[];
}

/** A folder that can't be used as it is; the message says what to do. */
export class UnusableFolder extends Error {
  override readonly name = "UnusableFolder";
}

/** What other programs leave in folders. */
const NOT_MEANT = /^(\.|Thumbs\.db$|desktop\.ini$|__MACOSX$)/i;
const MOST_FILES = 500_000;
const DEEPEST = 16;
/** How data sets are split; the first that is there is the exam. */
const EXAMS = ["test", "val", "valid", "validation"];
const TRAINING = ["train", "training"];

/**
 * Every file under a folder of classes, in one order on every machine.
 *
 * @throws UnusableFolder where it can't be read or is no folder
 */
export function listPictures(folder: string): Listing {
  const files: string[] = [];
  const leftOut: LeftOut[] = [];
  walk(folder, { folder, files, leftOut, depth: 0 });
  const parts = namesIn(folder)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const isSplit =
    parts.some((name) => TRAINING.includes(name.toLowerCase())) &&
    parts.every((name) => [...TRAINING, ...EXAMS].includes(name.toLowerCase()));
  const examPart = EXAMS.find((exam) => parts.some((name) => name.toLowerCase() === exam));
  const pictures: ListedPicture[] = [];
  for (const path of files.toSorted()) {
    const where = relative(folder, path);
    const folders = where.split(sep).slice(0, -1);
    const part = isSplit ? folders.shift()?.toLowerCase() : undefined;
    const label = folders.join("/").normalize("NFC");
    if (label === "") leftOut.push({ where, why: "no folder of a class around it" });
    else pictures.push({ path, where, label, forExam: part !== undefined && part === examPart });
  }
  return { pictures, leftOut };
}

interface Walk {
  folder: string;
  files: string[];
  leftOut: LeftOut[];
  depth: number;
}

function walk(at: string, progress: Walk): void {
  const { folder, files, leftOut, depth } = progress;
  for (const entry of namesIn(at)) {
    const path = join(at, entry.name);
    const kind = kindOf(entry, path);
    if (kind === "folder" && depth < DEEPEST) walk(path, { ...progress, depth: depth + 1 });
    else if (kind === "file") files.push(path);
    else leftOut.push({ where: relative(folder, path), why: WHY[kind] });
    if (files.length > MOST_FILES)
      throw new UnusableFolder(`${folder} has more than ${MOST_FILES} files: is it the right one?`);
  }
}

type Kind = "file" | "folder" | "link" | "other";

const WHY: Record<Kind, string> = {
  file: "",
  folder: `more than ${DEEPEST} folders around it`,
  link: "a link to a folder, or to nothing",
  other: "no file",
};

/** Links to folders may lead in circles: only those to files are followed. */
function kindOf(entry: Dirent, path: string): Kind {
  if (entry.isDirectory()) return "folder";
  if (entry.isFile()) return "file";
  if (!entry.isSymbolicLink()) return "other";
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? "file" : "link";
}

function namesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !NOT_MEANT.test(name));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new UnusableFolder(`there is no folder ${folder}`);
    if (code === "ENOTDIR")
      throw new UnusableFolder(
        `${folder} is a file: pictures are read from a folder with a folder for each class`,
      );
    throw new UnusableFolder(`${folder} can't be read: ${message}`);
  }
}
