import type { GateReport, Pace, RecipeName } from "@groundswell/contracts";

/** A model as every service reads it. */
export interface ModelRecord {
  projectId: string;
  modelId: string;
  name: string;
  recipe: RecipeName;
  classes: string[];
  config: Record<string, unknown>;
  pace: Pace;
  logPredictions: "after" | "before";
  gate: { min_accuracy: number; margin: number; min_examples: number };
  examShare: number;
  validationShare: number;
  splitSalt: Buffer;
  seed: number;
  createdAt: Date;
}

export interface VersionRecord {
  modelId: string;
  number: number;
  kind: "initial" | "online" | "batch";
  status: "ready" | "candidate" | "passed" | "refused";
  parent: number | null;
  runId: string | null;
  /** The step of online learning up to which it knows the ledger. */
  learnedThrough: number;
  artifact: { sha256: string; bytes: number };
  lineage: Record<string, unknown>;
  gate: GateReport | null;
  createdAt: Date;
}

export interface AliasRecord {
  alias: string;
  version: number;
  revision: number;
}

export interface NewVersion {
  kind: VersionRecord["kind"];
  status: VersionRecord["status"];
  parent: number | null;
  runId: string | null;
  learnedThrough: number;
  artifact: { sha256: string; bytes: number };
  lineage: Record<string, unknown>;
}

/** A move of an alias that is made only if nobody moved it since `expectedRevision` was read. */
export interface AliasMove {
  alias: string;
  version: number;
  expectedRevision: number;
  /** What a rollback goes back to: by default the version that the alias pointed at. */
  from?: number | null;
  reason: string;
  actor: string;
  now: Date;
}

/** Implemented by `packages/db`; every method sees the one project it was made for. */
export interface Registry {
  findModel(name: string): Promise<ModelRecord | undefined>;
  addVersion(modelId: string, version: NewVersion, now: Date): Promise<VersionRecord>;
  findVersion(modelId: string, number: number): Promise<VersionRecord | undefined>;
  findAlias(modelId: string, alias: string): Promise<AliasRecord | undefined>;
  /** @returns the alias as it is now, and whether this call moved it */
  moveAlias(modelId: string, move: AliasMove): Promise<{ moved: boolean; alias: AliasRecord }>;
}
