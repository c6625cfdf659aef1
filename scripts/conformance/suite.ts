import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";

/** One model of the suite with what was recorded of it. */
export interface Case {
  readonly group: string;
  readonly name: string;
  /** Has `model.onnx` and `test_data_set_0/`. */
  readonly folder: string;
}

/** What `generate.py` needs. */
const PACKAGE = "onnx==1.23.0";

/** Writes the suite into `folder`, unless it is there already. @throws Error with what is needed */
export function generateSuite(folder: string, python: string): void {
  if (existsSync(folder)) return;
  const unfinished = `${folder}.unfinished`;
  const script = join(import.meta.dirname, "generate.py");
  try {
    execFileSync(python, [script, unfinished], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (cause) {
    throw new Error(`${python} can't write the suite; it needs: pip install ${PACKAGE}`, { cause });
  }
  renameSync(unfinished, folder);
}

export function casesOf(suite: string, { group, only }: { group?: string; only?: string }): Case[] {
  const pattern = new RegExp(only ?? "");
  const groups = readdirSync(suite).filter((name) => group === undefined || name === group);
  return groups.toSorted().flatMap((each) =>
    readdirSync(join(suite, each))
      .filter((name) => pattern.test(name))
      .toSorted()
      .map((name) => ({ group: each, name, folder: join(suite, each, name) })),
  );
}
