import { createRegistry, type Database } from "@groundswell/db";
import {
  ArtifactCorrupt,
  ArtifactMissing,
  type ArtifactStore,
  CHAMPION,
  type ModelRecord,
} from "@groundswell/models";

/** The champion as it is now: what it has learned online included. */
export interface ChampionState {
  version: number;
  /** The step of online learning up to which these weights know the ledger. */
  learnedThrough: number;
  weights: { kind: "version" | "checkpoint"; bytes: Uint8Array };
}

/** A learner's line begins with the first version until a step says otherwise. */
const FIRST_VERSION = 1;

/** The newest checkpoint of the learner, where it is of the champion's line; else the version itself. */
export async function readChampion(
  database: Database,
  artifacts: ArtifactStore,
  { projectId, modelId }: ModelRecord,
): Promise<ChampionState> {
  const registry = createRegistry(database, projectId);
  const alias = await registry.findAlias(modelId, CHAMPION);
  const champion = alias && (await registry.findVersion(modelId, alias.version));
  if (!champion) throw new Error(`Model ${modelId} has no champion`);
  const checkpoint = await registry.newestCheckpoint(modelId);
  const version = champion.number;
  if (checkpoint && (checkpoint.base ?? FIRST_VERSION) === version) {
    try {
      const bytes = await artifacts.get(projectId, checkpoint.artifact.sha256);
      return { version, learnedThrough: checkpoint.step, weights: { kind: "checkpoint", bytes } };
    } catch (error) {
      // Replaced by a newer one just now, or damaged: the version itself is the fallback.
      if (!(error instanceof ArtifactMissing || error instanceof ArtifactCorrupt)) throw error;
    }
  }
  const bytes = await artifacts.get(projectId, champion.artifact.sha256);
  const { learnedThrough } = champion;
  return { version, learnedThrough, weights: { kind: "version", bytes } };
}
