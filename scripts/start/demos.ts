import { readFileSync } from "node:fs";
import { basename } from "node:path";

import type { App } from "@groundswell/crowd";
import { loadHandwriting } from "@groundswell/handwriting";
import { loadMessages, type NamedFile } from "@groundswell/messages";

import { type StartOptions, UsageError } from "./options.ts";

export interface Demo {
  name: "handwriting" | "messages";
  app: App;
  /** What there is to know about its data. */
  notes: string[];
}

/** The same story every time. */
export const SEED = 1;

/**
 * The app that a story is about.
 *
 * @throws UsageError for a file that can't be read or is not what it should be
 */
export function loadDemo(options: StartOptions): Demo {
  if (options.demo !== "messages")
    return {
      name: "handwriting",
      notes: [],
      app: loadHandwriting({ traffic: 8_000, exam: 2_000, users: 400, seed: SEED }),
    };
  try {
    const { app, notes } = loadMessages({
      data: readFile(options.data ?? ""),
      exam: options.exam === undefined ? undefined : readFile(options.exam),
      columns: { text: options.text, label: options.label },
      seed: SEED,
    });
    return { name: "messages", app, notes };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readFile(path: string): NamedFile {
  return { name: basename(path), bytes: readFileSync(path) };
}
