import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";

import { formatKey, type KeyKind } from "@groundswell/contracts";
import {
  createApiKey,
  createProject,
  type Database,
  findCaller,
  listProjects,
  openDatabase,
} from "@groundswell/db";
import { z } from "zod";

/**
 * What `start` remembers of the project that it made. The keys are here alone, in a file that only
 * its owner can read: the database holds their hashes.
 */
const Kept = z.object({
  projectId: z.string(),
  secretKey: z.string(),
  writeKey: z.string(),
  /** Where it answered last. */
  address: z.string().optional(),
  /** Stories that were told in it, whether to the end or not. */
  stories: z.record(z.string(), z.enum(["begun", "told"])),
});
export type KeptProject = z.infer<typeof Kept>;

export interface OpenedProject extends KeptProject {
  /** Made just now, in an empty database. */
  isNew: boolean;
}

const NAME = "demo";

/**
 * The project of this installation: the one that is kept in `file`, or a new one where the database
 * is empty.
 *
 * @returns undefined where the database has projects that `start` did not make: their keys are not
 * here, and theirs is the word on what is done with them
 */
export async function openProject(
  databaseUrl: string,
  file: string,
): Promise<OpenedProject | undefined> {
  const database = openDatabase(databaseUrl, { role: "maintenance", name: "start", max: 1 });
  try {
    const kept = readKept(file);
    if (kept && (await isKnown(databaseUrl, kept.secretKey))) return { ...kept, isNew: false };
    const projects = await listProjects(database);
    const ours = projects.find(({ name }) => name === NAME);
    if (!ours && projects.length > 0) return undefined;
    const keys = ours ? await addKeys(database, ours.projectId) : await makeProject(database, NAME);
    const opened = { ...keys, stories: {} };
    keepProject(file, opened);
    return { ...opened, isNew: !ours };
  } finally {
    await database.close();
  }
}

export type ProjectKeys = Pick<KeptProject, "projectId" | "secretKey" | "writeKey">;

/** A new project with its first two keys; they are told once. As `maintenance`. */
export async function makeProject(database: Database, name: string): Promise<ProjectKeys> {
  const projectId = randomUUID();
  await createProject(database, {
    projectId,
    name,
    pseudonymKey: randomBytes(32),
    now: new Date(),
  });
  return addKeys(database, projectId);
}

async function addKeys(database: Database, projectId: string): Promise<ProjectKeys> {
  const secretKey = await addKey(database, projectId, "secret");
  const writeKey = await addKey(database, projectId, "write");
  return { projectId, secretKey, writeKey };
}

/** Writes down that a story was begun, or told to its end. */
export function markStory(file: string, story: string, state: "begun" | "told"): void {
  const kept = readKept(file);
  if (!kept) throw new Error(`${file} is missing`);
  keepProject(file, { ...kept, stories: { ...kept.stories, [story]: state } });
}

/** Writes down where the installation answers, for `pnpm dashboard`. */
export function markAddress(file: string, address: string): void {
  const kept = readKept(file);
  if (kept) keepProject(file, { ...kept, address });
}

function keepProject(file: string, kept: KeptProject): void {
  writeFileSync(file, `${JSON.stringify(Kept.parse(kept), null, 2)}\n`, { mode: 0o600 });
  // The mode above counts only where the file is new.
  chmodSync(file, 0o600);
}

export function readKept(file: string): KeptProject | undefined {
  if (!existsSync(file)) return undefined;
  return Kept.parse(JSON.parse(readFileSync(file, "utf8")));
}

/** The file may speak of another database, or of one that was emptied. */
async function isKnown(databaseUrl: string, key: string): Promise<boolean> {
  const database = openDatabase(databaseUrl, { role: "accept", name: "start", max: 1 });
  try {
    return (await findCaller(database, key, new Date())) !== undefined;
  } finally {
    await database.close();
  }
}

async function addKey(database: Database, projectId: string, kind: KeyKind): Promise<string> {
  const key = { kind, id: randomText(12), secret: randomText(32) };
  await createApiKey(database, {
    projectId,
    keyId: key.id,
    kind,
    secret: key.secret,
    label: "made by start",
    now: new Date(),
  });
  return formatKey(key);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const randomText = (length: number) =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
