import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";

import { startLocal } from "@groundswell/local";

import { UsageError } from "./options.ts";

/** What an instance keeps; whatever else lies in its folder is not ours. */
const KEPT = ["postgres", "postgres.password", "redis", "artifacts", "logs", "project.json"];

interface FreshOptions {
  checkout: string;
  instance: string;
  env: Record<string, string | undefined>;
  /** Yes has been said already. */
  yes: boolean;
}

/**
 * Deletes the data of this installation.
 *
 * @returns false where the answer was no
 * @throws UsageError where the data are not ours to delete, or nobody is there to ask
 */
export async function deleteData({ checkout, instance, env, yes }: FreshOptions): Promise<boolean> {
  if (env["DATABASE_URL"])
    throw new UsageError(
      "--fresh deletes what the embedded servers keep; your own database (DATABASE_URL) is yours to empty",
    );
  const local = await startLocal({ checkout, name: instance, durable: true, env });
  await local.stop();
  if (!yes && !(await isYes(`Delete everything in ${local.dir}?`))) return false;
  for (const name of KEPT) rmSync(join(local.dir, name), { recursive: true, force: true });
  return true;
}

async function isYes(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError("--fresh deletes data: nobody is here to ask, so say --yes as well");
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
