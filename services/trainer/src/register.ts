import {
  createRegistry,
  type Database,
  endRun,
  type RunHold,
  type RunRecord,
} from "@groundswell/db";
import type { ArtifactStore } from "@groundswell/models";
import { numericClass } from "@groundswell/onnx";
import { voiceOf } from "@groundswell/training";

import { traceOf } from "./data-set.ts";
import type { Candidate } from "./train-run.ts";

export interface RegisterDeps {
  database: Database;
  artifacts: ArtifactStore;
  hold: RunHold;
  threads: number;
  clock: () => Date;
}

/**
 * The candidate becomes a version, with what it learned from and how it did, and the run ends: all
 * of it or nothing, and only while the run is ours.
 *
 * @returns the version's number; undefined where another trainer has taken the run over
 */
export async function registerCandidate(
  { database, artifacts, hold, threads, clock }: RegisterDeps,
  run: RunRecord,
  candidate: Candidate,
): Promise<number | undefined> {
  const { projectId, modelId, runId } = run;
  const { gate } = candidate;
  const artifact = await artifacts.put(projectId, candidate.artifact);
  const now = clock();
  return database.transaction(async (tx) => {
    const registry = createRegistry(tx, projectId);
    const version = await registry.addVersion(
      modelId,
      {
        kind: "batch",
        status: gate.passed ? "passed" : "refused",
        parent: candidate.champion.version,
        runId,
        learnedThrough: candidate.learnedThrough,
        artifact,
        lineage: lineageOf(run, candidate, threads),
        gate,
      },
      now,
    );
    if (gate.candidate)
      await registry.addEvaluation(
        modelId,
        {
          version: version.number,
          split: "exam",
          metrics: { accuracy: gate.candidate },
          examples: gate.candidate.n,
        },
        now,
      );
    const end = { status: "succeeded" as const, version: version.number, gate };
    if (await endRun(tx, hold, end, now)) return version.number;
    throw new RunTakenOver();
  });
}

/** Rolls the registration back. */
export class RunTakenOver extends Error {
  override readonly name = "RunTakenOver";
}

function lineageOf(
  { config, seed, runId }: RunRecord,
  { data, trained, champion, learnedThrough, model }: Candidate,
  threads: number,
): Record<string, unknown> {
  return {
    run_id: runId,
    recipe: model.recipe,
    config: model.config,
    run_config: config,
    seed,
    data: {
      train: traceOf(data.train),
      validation: traceOf(data.validation),
      exam: traceOf(data.exam),
      cut_at_step: data.cutAtStep,
      caught_up_through: learnedThrough,
      voice: voiceOf(model),
      excluded: "older values of a feedback; people who withdrew or never agreed",
    },
    judged_against: { version: champion.version, learned_through: champion.learnedThrough },
    trained,
    // Another provider computes other bits.
    numeric_class: `${numericClass()} threads ${threads}${trained.provider === "cpu" ? "" : ` on ${trained.provider}`}`,
  };
}
