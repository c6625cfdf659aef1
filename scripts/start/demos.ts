import type { App } from "@groundswell/crowd";
import { loadHandwriting } from "@groundswell/handwriting";
import { loadMessages, UnclearColumns } from "@groundswell/messages";
import { loadPictures } from "@groundswell/pictures";

import { askForColumns } from "./ask-for-columns.ts";
import { type DemoName, type StartOptions, UsageError } from "./options.ts";
import { readDataFile } from "./read-data-file.ts";
import type { Terminal } from "./terminal.ts";

export interface Demo {
  name: DemoName;
  app: App;
  /** What there is to know about its data. */
  notes: string[];
}

/** The same story every time. */
export const SEED = 1;

/**
 * The app that a story is about.
 *
 * @throws UsageError for data that can't be read or are not what they should be
 */
export async function loadDemo(options: StartOptions, terminal: Terminal): Promise<Demo> {
  try {
    if (options.demo === "messages") return await loadOwnMessages(options, terminal);
    if (options.demo === "pictures") return await loadOwnPictures(options, terminal);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  return {
    name: "handwriting",
    notes: [],
    app: loadHandwriting({ traffic: 8_000, exam: 2_000, users: 400, seed: SEED }),
  };
}

async function loadOwnMessages(options: StartOptions, terminal: Terminal): Promise<Demo> {
  const { data = "", exam, text, label } = options;
  terminal.line(terminal.dim(`  reading ${data === "-" ? "standard input" : data}`));
  const files = {
    data: await readDataFile(data),
    exam: exam === undefined ? undefined : await readDataFile(exam),
    seed: SEED,
  };
  try {
    return { name: "messages", ...(await loadMessages({ ...files, columns: { text, label } })) };
  } catch (error) {
    if (!(error instanceof UnclearColumns)) throw error;
    const columns = await askForColumns(error, options);
    return { name: "messages", ...(await loadMessages({ ...files, columns })) };
  }
}

async function loadOwnPictures(options: StartOptions, terminal: Terminal): Promise<Demo> {
  const { data = "", exam } = options;
  terminal.line(terminal.dim(`  reading ${data}`));
  const loaded = await loadPictures({
    folder: data,
    exam,
    seed: SEED,
    onProgress: (read, of) => terminal.progress(() => `  ${read} of ${of} pictures`),
  });
  return { name: "pictures", ...loaded };
}
