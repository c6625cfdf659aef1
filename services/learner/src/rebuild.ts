import {
  baseOf,
  createRegistry,
  type Database,
  listCheckpoints,
  readExamples,
  readSteps,
  type RecordedStep,
} from "@groundswell/db";
import {
  ArtifactCorrupt,
  ArtifactMissing,
  type ArtifactStore,
  type ModelRecord,
} from "@groundswell/models";
import type { Thread } from "@groundswell/onnx";
import { decodeLearner, type ModelSettings } from "@groundswell/training";

import type { Beginning, LearningProtocol } from "./learning-protocol.ts";
import { packExamples, packSteps } from "./packed-steps.ts";

export interface RebuildDeps {
  database: Database;
  artifacts: ArtifactStore;
  thread: Thread<LearningProtocol>;
}

export interface Rebuilt {
  /** The last step on record. */
  step: number;
  /** The version from which its line of learning began. */
  base: number;
  /** The step of the checkpoint that it began with; 0 for the model's first version. */
  from: number;
  /** Whose examples are in the replay window. */
  persons: number;
}

const FIRST_VERSION = 1;
/** Steps that are read at once. */
const TOGETHER = 64;

export const settingsOf = ({ recipe, classes, config, seed }: ModelRecord): ModelSettings => ({
  recipe,
  classes,
  config,
  seed,
});

/**
 * Brings a thread to where a model's record ends: from a checkpoint or from the first version,
 * then every recorded step. Recovery and audit are this one function: the same record gives the
 * same bits, wherever it begins.
 *
 * @param options.scratch begin with the first version, even if there are checkpoints
 * @param options.through the step to end with; default: the last
 * @throws ArtifactMissing or ArtifactCorrupt for a version without which it can't go on
 */
export async function rebuild(
  deps: RebuildDeps,
  model: ModelRecord,
  options: { scratch?: boolean; through?: number } = {},
): Promise<Rebuilt> {
  const { projectId, modelId } = model;
  const { scratch = false, through = Infinity } = options;
  const found = scratch ? undefined : await newestWhole(deps, model, through);
  const beginning = found?.beginning ?? (await firstVersion(deps, model));
  let { persons } = await deps.thread.call("begin", {
    settings: settingsOf(model),
    from: beginning,
  });
  const from = found?.step ?? 0;
  let step = from;
  for (;;) {
    const span = { projectId, modelId, after: step, most: TOGETHER };
    const limit = through === Infinity ? {} : { through };
    const steps = await readSteps(deps.database, { ...span, ...limit });
    if (steps.length === 0) break;
    persons = (await learnSteps(deps, model, steps)).persons ?? persons;
    step = steps.at(-1)?.step ?? step;
  }
  return { step, from, persons, base: await baseOf(deps.database, { projectId, modelId, step }) };
}

/** Learns recorded steps in order; at a promotion the weights begin anew from its version. */
export async function learnSteps(
  { artifacts, database, thread }: RebuildDeps,
  { projectId, modelId }: ModelRecord,
  steps: readonly RecordedStep[],
): Promise<{ ms: number; loss: number | null; persons: number | null }> {
  const registry = createRegistry(database, projectId);
  let spent = { ms: 0, loss: null as number | null, persons: null as number | null };
  let ordinary: RecordedStep[] = [];
  const learnOrdinary = async () => {
    if (ordinary.length === 0) return;
    const packed = packSteps(ordinary);
    ordinary = [];
    const { ms, loss, persons } = await thread.call("learn", packed, [
      packed.examples.bytes.buffer,
    ]);
    spent = { ms: spent.ms + ms, loss: loss ?? spent.loss, persons };
  };
  for (const one of steps) {
    if (one.baseVersion === null) {
      ordinary.push(one);
      continue;
    }
    await learnOrdinary();
    const version = await registry.findVersion(modelId, one.baseVersion);
    if (!version)
      throw new Error(`Step ${one.step} began from version ${one.baseVersion}, which is gone`);
    const bytes = await artifacts.get(projectId, version.artifact.sha256);
    await thread.call("rebase", { step: one.step, dropped: one.dropped, version: bytes });
  }
  await learnOrdinary();
  return spent;
}

/** A checkpoint that is damaged or gone costs time, not the model: an older one does too. */
async function newestWhole(
  { artifacts, database }: RebuildDeps,
  { projectId, modelId }: ModelRecord,
  through: number,
): Promise<{ step: number; beginning: Beginning } | undefined> {
  for (const { step, artifact } of await listCheckpoints(database, { projectId, modelId })) {
    if (step > through) continue;
    try {
      const bytes = await artifacts.get(projectId, artifact);
      const seqs = decodeLearner(bytes).window;
      const window = packExamples(await readExamples(database, { projectId, modelId, seqs }));
      return { step, beginning: { kind: "checkpoint", bytes, window } };
    } catch (error) {
      if (!(error instanceof ArtifactMissing || error instanceof ArtifactCorrupt)) throw error;
    }
  }
  return undefined;
}

async function firstVersion(
  { artifacts, database }: RebuildDeps,
  { projectId, modelId }: ModelRecord,
): Promise<Beginning> {
  const first = await createRegistry(database, projectId).findVersion(modelId, FIRST_VERSION);
  if (!first) throw new Error(`Model ${modelId} has no first version`);
  return { kind: "version", bytes: await artifacts.get(projectId, first.artifact.sha256) };
}
