import { createInterface } from "node:readline/promises";

import type { NamedColumns, UnclearColumns } from "@groundswell/messages";

import { type StartOptions, UsageError } from "./options.ts";

/**
 * Proposes the columns that look it, to whoever sits at the terminal.
 *
 * @throws UsageError where nobody is there to ask, or the answer is no, with what to write instead
 */
export async function askForColumns(
  unclear: UnclearColumns,
  options: StartOptions,
): Promise<NamedColumns> {
  const { message, suggestion } = unclear;
  const general = "Name the ones to use: --text COLUMN --label COLUMN";
  if (!suggestion) throw new UsageError(`${message}. ${general}`);
  const { text, label } = suggestion;
  const there = process.stdin.isTTY && process.stdout.isTTY && options.data !== "-";
  if (!there && !options.yes)
    throw new UsageError(
      `${message}. By its first rows these look right: --text ${quoted(text)} --label ${quoted(label)}`,
    );
  console.log(`  ${message}`);
  if (options.yes || (await isYes(`  Take "${text}" for the text, "${label}" for the label?`)))
    return suggestion;
  throw new UsageError(general);
}

async function isYes(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^(y(es)?)?$/i.test((await terminal.question(`${question} [Y/n] `)).trim());
  } finally {
    terminal.close();
  }
}

/** For a POSIX shell, where it has to be. */
const quoted = (name: string) =>
  /^[\p{L}\p{N}_.-]+$/u.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
