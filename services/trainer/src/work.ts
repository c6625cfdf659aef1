import type { Logger } from "@groundswell/bootstrap";
import {
  claimRun,
  type Database,
  endRun,
  requeueRun,
  type RunHold,
  type RunRecord,
} from "@groundswell/db";
import type { ArtifactStore } from "@groundswell/models";
import { openThread, type Provider, type ProviderFallback } from "@groundswell/onnx";
import { ZodError } from "zod";

import { CannotTrain } from "./data-set.ts";
import { createReporter } from "./progress.ts";
import type { ThreadData, TrainingProtocol } from "./protocol.ts";
import { registerCandidate, RunTakenOver } from "./register.ts";
import { keepLease, type Lease, LEASE_MS, type WhyStopped } from "./run-lease.ts";
import { trainRun } from "./train-run.ts";

export interface WorkDeps {
  database: Database;
  artifacts: ArtifactStore;
  holder: string;
  threads: number;
  providers: readonly Provider[];
  clock: () => Date;
  logger: Logger;
  onEnded: (status: string) => void;
  onFallback: (fallback: ProviderFallback) => void;
}

/** A run whose trainer died this often is likely what killed it. */
const MOST_ATTEMPTS = 3;

/** Works on one run at a time. */
export interface RunWorker {
  /** @returns whether there was one */
  next: () => Promise<boolean>;
  /** Gives the run under way back. */
  stop: () => void;
}

export function createRunWorker(deps: WorkDeps): RunWorker {
  const { database, holder, clock, logger } = deps;
  let lease: Lease | undefined;
  let stopping = false;

  return {
    async next() {
      if (stopping) return false;
      const run = await claimRun(database, { holder, now: clock(), leaseMs: LEASE_MS });
      if (!run) return false;
      const hold = { projectId: run.projectId, runId: run.runId, holder };
      lease = keepLease({
        database,
        hold,
        clock,
        onError: (error) => logger.warn({ err: error, runId: run.runId }, "renewing the lease"),
      });
      if (stopping) lease.stop("closing");
      try {
        await work(deps, run, hold, lease);
      } finally {
        await lease.release();
        lease = undefined;
      }
      return true;
    },
    stop() {
      stopping = true;
      lease?.stop("closing");
    },
  };
}

async function work(deps: WorkDeps, run: RunRecord, hold: RunHold, lease: Lease): Promise<void> {
  const { database, clock, logger } = deps;
  const log = logger.child({ runId: run.runId, modelId: run.modelId });
  const end = async (status: "failed" | "cancelled", error = "") => {
    const how = status === "failed" ? { status, error } : { status };
    await database.transaction((tx) => endRun(tx, hold, how, clock()));
    deps.onEnded(status);
    log.info({ error }, `training run ${status}`);
  };
  if (run.attempts > MOST_ATTEMPTS)
    return end("failed", `Gave up: ${MOST_ATTEMPTS} trainers began it, and none came back`);
  try {
    const version = await attempt(deps, run, hold, lease);
    deps.onEnded("succeeded");
    log.info({ version }, "training run succeeded");
  } catch (error) {
    const why = lease.signal.reason as WhyStopped | undefined;
    if (why === "cancelled") return end("cancelled");
    if (why === "lost" || error instanceof RunTakenOver) {
      log.warn("the run is another trainer's now");
      return;
    }
    if (why === "closing")
      return database.transaction((tx) => requeueRun(tx, hold, "the trainer was stopped", clock()));
    if (error instanceof CannotTrain) return end("failed", error.message);
    if (error instanceof ZodError)
      return end("failed", `config: ${error.issues.map(sayIssue).join("; ")}`);
    log.error({ err: error }, "training run");
    if (run.attempts >= MOST_ATTEMPTS)
      return end("failed", error instanceof Error ? error.message : String(error));
    await database.transaction((tx) => requeueRun(tx, hold, "an attempt failed", clock()));
  }
}

const sayIssue = ({ path, message }: ZodError["issues"][number]) =>
  `${path.map(String).join(".")}: ${message}`;

async function attempt(
  { database, artifacts, threads, providers, clock, logger, onFallback }: WorkDeps,
  run: RunRecord,
  hold: RunHold,
  { signal }: Lease,
): Promise<number | undefined> {
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const thread = openThread<TrainingProtocol>(new URL("./training-thread.ts", import.meta.url), {
    stop,
    providers,
  } satisfies ThreadData);
  // The thread computes and can't be spoken to: it looks at this now and then.
  const askToStop = () => void Atomics.store(new Int32Array(stop), 0, 1);
  signal.addEventListener("abort", askToStop);
  if (signal.aborted) askToStop();
  const reporter = createReporter({
    database,
    hold,
    clock,
    startedAt: run.startedAt ?? clock(),
    onError: (error) => logger.warn({ err: error, runId: run.runId }, "telling the progress"),
  });
  thread.on("progress", reporter.epoch);
  thread.on("providerFallback", onFallback);
  try {
    const deps = { database, artifacts, thread, reporter, hold, threads, signal };
    const candidate = await trainRun(deps, run);
    await reporter.phase("registering");
    return await registerCandidate({ database, artifacts, hold, threads, clock }, run, candidate);
  } finally {
    signal.removeEventListener("abort", askToStop);
    await reporter.settle();
    await thread.close();
  }
}
