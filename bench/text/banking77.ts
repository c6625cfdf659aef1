import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { randomStream } from "@groundswell/autograd";
import { parse } from "csv-parse/sync";

export interface Message {
  text: string;
  label: string;
  /** Its place in the file. */
  row: number;
}

export interface Banking77 {
  train: Message[];
  test: Message[];
  classes: string[];
}

/** @returns undefined where the data is not on this machine */
export function readBanking77(): Banking77 | undefined {
  const data =
    process.env["GROUNDSWELL_DATA"] ?? resolve(import.meta.dirname, "../../../shared/data");
  const folder = join(data, "banking77");
  if (!existsSync(join(folder, "train.csv"))) {
    console.log(
      `Skipped: no ${join(folder, "train.csv")}. Set GROUNDSWELL_DATA to a folder with banking77/train.csv and ` +
        "test.csv (PolyAI, CC BY 4.0: github.com/PolyAI-LDN/task-specific-datasets).",
    );
    return undefined;
  }
  const train = readMessages(join(folder, "train.csv"));
  const test = readMessages(join(folder, "test.csv"));
  return { train, test, classes: [...new Set(train.map(({ label }) => label))].sort() };
}

function readMessages(file: string): Message[] {
  const rows = parse<{ text: string; category: string }>(readFileSync(file), { columns: true });
  return rows.map(({ text, category }, row) => ({ text, label: category, row }));
}

/** In an order of their own for each seed. */
export function shuffled(messages: readonly Message[], seed: number): Message[] {
  const random = randomStream(seed);
  return messages
    .map((message) => ({ message, key: random.bits(0, message.row) }))
    .sort((a, b) => a.key - b.key)
    .map(({ message }) => message);
}
