import { availableParallelism, cpus } from "node:os";

import { ModelView, page, type RunView, VersionView } from "@groundswell/contracts";
import { type App, type Client, count, sitExam } from "@groundswell/crowd";

import type { Terminal } from "../terminal.ts";
import { duration, percent } from "../wording.ts";
import { fineTune, promote, RunFailed } from "./fine-tune.ts";
import { playStream } from "./play-stream.ts";
import { gateLines, resultLines, type Results } from "./results.ts";
import { settle } from "./settle.ts";

export interface StoryOptions {
  app: App;
  client: Client;
  terminal: Terminal;
  newId: () => string;
  clock: () => number;
  seed: number;
  /** What the app's users do in a second. */
  perSecond: number;
  signal: AbortSignal;
}

const EMPTY_VERSION = 1;

/** An app's users teach a model; then it is fine-tuned on what they taught, examined and promoted. */
export async function tellStory(options: StoryOptions): Promise<Results> {
  const { app, client, terminal, signal } = options;
  const { model } = app;
  const began = performance.now();
  await client.call(`/api/v1/models/${model}`, ModelView, { method: "PUT", body: app.settings });

  terminal.line(
    terminal.bold(
      `${count(app.users)} users of ${app.title} meet ${count(app.traffic.length)} ${app.things}`,
    ),
  );
  terminal.line(
    "  Each is predicted first; then the user says whether that was right. It learns meanwhile.",
  );
  const { played, expected, freshness, progressive } = await playStream(options);
  signal.throwIfAborted();
  const learned = await settle({ client, model, unmatched: expected.unmatched, signal });
  terminal.line(
    `  ${duration(played.ms)} · ${percent(progressive)} of the last predictions right · learned from ${count(learned.learned.total)}`,
  );

  terminal.line();
  terminal.line(terminal.bold("It is fine-tuned on all that it may learn from"));
  const sitting = (version?: number) => sitExam({ client, model }, app.exam, version);
  const empty = await sitting(EMPTY_VERSION);
  const online = await sitting();
  signal.throwIfAborted();
  const run = await fineTuneOrSayWhy({ client, model }, terminal, signal);
  const tuned = run && (await sitting(await judged({ run, client, model, terminal })));

  const overview = await settle({ client, model, unmatched: expected.unmatched, signal });
  const { body: versions } = await client.call(
    `/api/v1/models/${model}/versions`,
    page(VersionView),
  );
  const results: Results = {
    exams: { empty, online, tuned },
    run,
    overview,
    versions: versions.data.toReversed(),
    freshness,
    waiting: overview.queues.waiting,
    unreadable: played.unreadable,
    visits: app.traffic.length,
    machine: machineInWords(),
    times: {
      stream: played.ms,
      training: run ? trainingMs(run.started_at, run.finished_at) : 0,
      story: performance.now() - began,
    },
  };
  terminal.line();
  for (const line of resultLines(results)) terminal.line(line);
  return results;
}

/** What has been learned online goes on serving, whatever becomes of the fine-tuning. */
async function fineTuneOrSayWhy(
  of: { client: Client; model: string },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<RunView | undefined> {
  try {
    return await fineTune(of, terminal, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof RunFailed)) throw error;
    terminal.line(`  It was not: ${error.message}`);
    terminal.line(
      "  The champion goes on learning online; ask for another run when there is more.",
    );
    return undefined;
  }
}

/**
 * Promotes what passed its gate.
 *
 * @returns the version to examine: none where it is the champion now
 */
async function judged({
  run,
  client,
  model,
  terminal,
}: Pick<StoryOptions, "client" | "terminal"> & { run: RunView; model: string }): Promise<
  number | undefined
> {
  if (run.version === null) throw new Error("the training run has made no version");
  terminal.line("  On users that neither of them learned from, the gate finds");
  for (const line of gateLines(run)) terminal.line(line);
  if (!run.gate?.passed) {
    terminal.line("  The gate is not sure that it is no worse: the champion stays.");
    return run.version;
  }
  await promote({ client, model }, run.version, "the story's fine-tuned model");
  terminal.line(`  Version ${run.version} is the champion now, and goes on learning.`);
  return undefined;
}

/** What the times below were measured on. */
function machineInWords(): string {
  const model = cpus()[0]?.model.trim().replaceAll(/\s+/g, " ");
  return `${count(availableParallelism(), "core")}${model ? ` (${model})` : ""}`;
}

function trainingMs(started: string | null, finished: string | null): number {
  return started && finished ? Date.parse(finished) - Date.parse(started) : 0;
}
