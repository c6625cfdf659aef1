import { createRegistry, withProject } from "@groundswell/db";
import {
  type AliasRecord,
  ArtifactCorrupt,
  ArtifactMissing,
  type ArtifactRef,
  CHAMPION,
  type CheckpointRecord,
  createPromote,
  createRollback,
  type ModelRecord,
  type NewVersion,
  type PromoteRequest,
  type Registry,
  type VersionRecord,
} from "@groundswell/models";
import { z } from "zod";

import type { ConsoleDeps } from "./deps.ts";

type Deps = Pick<ConsoleDeps, "database" | "artifacts" | "models" | "clock" | "log">;
type Words = Pick<PromoteRequest, "reason" | "actor">;

/**
 * Moves of an alias. Before the champion leaves, what it has learned online is kept as a version of
 * its own, so that a rollback goes back to the champion as it was, not as it was registered.
 */
export function createMoveChampion(deps: Deps) {
  const inRegistry = <T>(model: ModelRecord, work: (registry: Registry) => Promise<T>) =>
    withProject(deps.database, model.projectId, (tx) => work(createRegistry(tx, model.projectId)));
  const clock = () => new Date(deps.clock());

  return {
    promote: async (
      model: ModelRecord,
      request: Omit<PromoteRequest, "model" | "from">,
    ): Promise<AliasRecord> => {
      const online = request.alias === CHAMPION ? await onlineState(deps, model) : undefined;
      // The version that keeps the old champion, and the move: both or neither.
      return inRegistry(model, async (registry) => {
        const kept = online && (await keepOnline(registry, model, online, clock()));
        if (kept) await copyVerdict(registry, model, { kept, successor: request.version }, clock());
        const from = kept && { from: kept.number };
        return createPromote({ registry, clock })({ ...request, model, ...from });
      });
    },
    rollback: async (model: ModelRecord, words: Words): Promise<AliasRecord> => {
      const online = await onlineState(deps, model);
      return inRegistry(model, async (registry) => {
        const kept = online && (await keepOnline(registry, model, online, clock()));
        const from = kept && { from: kept.number };
        return createRollback({ registry, clock })({ ...words, model, ...from });
      });
    },
  };
}

interface OnlineState {
  champion: VersionRecord;
  checkpoint: CheckpointRecord;
  artifact: ArtifactRef;
}

/**
 * The weights of the learner's newest checkpoint as an artifact of their own.
 *
 * @returns undefined where the champion has learned nothing since it was registered
 */
async function onlineState(deps: Deps, model: ModelRecord): Promise<OnlineState | undefined> {
  const { projectId, modelId } = model;
  const found = await withProject(deps.database, projectId, async (tx) => {
    const registry = createRegistry(tx, projectId);
    const alias = await registry.findAlias(modelId, CHAMPION);
    const champion = alias && (await registry.findVersion(modelId, alias.version));
    const checkpoint = await registry.newestCheckpoint(modelId);
    return champion && checkpoint && { champion, checkpoint };
  });
  if (!found) return undefined;
  const { champion, checkpoint } = found;
  // Of a learner that has not noticed the last move yet, or has learned nothing since.
  const base = checkpoint.base ?? FIRST_VERSION;
  if (base !== champion.number || checkpoint.step <= champion.learnedThrough) return undefined;
  try {
    const saved = await deps.artifacts.get(projectId, checkpoint.artifact.sha256);
    const content = deps.models.checkpointArtifact(saved);
    return { ...found, artifact: await deps.artifacts.put(projectId, content) };
  } catch (error) {
    if (!(error instanceof ArtifactMissing || error instanceof ArtifactCorrupt)) throw error;
    // A rollback then goes to the version as registered, and catches up from the recorded steps:
    // slower, and nothing is lost. To refuse the move would leave a bad champion in place.
    deps.log.warn({ err: error, modelId }, "the champion's checkpoint can't be read");
    return undefined;
  }
}

const FIRST_VERSION = 1;

/** Where a version's lineage says against whom it was judged. */
const JudgedAgainst = z.object({
  judged_against: z.object({ version: z.int(), learned_through: z.int() }),
});

/** The successor's exam was the kept champion's too, if it had learned neither more nor less by then. */
async function copyVerdict(
  registry: Registry,
  { modelId }: ModelRecord,
  { kept, successor }: { kept: VersionRecord; successor: number },
  now: Date,
): Promise<void> {
  const judged = await registry.findVersion(modelId, successor);
  const against = JudgedAgainst.safeParse(judged?.lineage).data?.judged_against;
  if (!judged?.gate?.champion || !against) return;
  if (against.version !== kept.parent || against.learned_through !== kept.learnedThrough) return;
  const { champion } = judged.gate;
  const metrics = { accuracy: champion, judged_beside: successor };
  const evaluation = { version: kept.number, split: "exam" as const, metrics };
  await registry.addEvaluation(modelId, { ...evaluation, examples: champion.n }, now);
}

function keepOnline(
  registry: Registry,
  { modelId, seed, config }: ModelRecord,
  { champion, checkpoint, artifact }: OnlineState,
  now: Date,
): Promise<VersionRecord> {
  const version: NewVersion = {
    kind: "online",
    status: "ready",
    parent: champion.number,
    runId: null,
    learnedThrough: checkpoint.step,
    artifact,
    lineage: {
      steps: { after: champion.learnedThrough, through: checkpoint.step },
      checkpoint: { step: checkpoint.step, fence: checkpoint.fence, ...checkpoint.artifact },
      numeric_class: checkpoint.numericClass,
      config,
      seed,
    },
  };
  return registry.addVersion(modelId, version, now);
}
