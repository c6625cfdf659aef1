import type { GateReport, Pace, Proportion, RecipeName } from "@groundswell/contracts";

import type { GateSettings } from "./gate.ts";

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
  gate: GateSettings;
  examShare: number;
  validationShare: number;
  /** Metrics of feedback that teach. */
  teachingMetrics: string[];
  splitSalt: Buffer;
  seed: number;
  createdAt: Date;
}

/** What a model's owner may still change later. */
export type ModelSettingsPatch = Pick<
  ModelRecord,
  "pace" | "logPredictions" | "gate" | "teachingMetrics"
>;

export interface NewModel extends Omit<ModelRecord, "projectId" | "createdAt"> {}

export interface VersionRecord {
  modelId: string;
  number: number;
  kind: "initial" | "online" | "batch";
  status: "ready" | "candidate" | "passed" | "refused";
  /** Of an online version what it goes on from, of a batch version the champion that it was judged against. */
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
  gate?: GateReport | null;
}

/** A move of an alias that is made only if nobody moved it since `expectedRevision` was read. */
export interface AliasMove {
  alias: string;
  version: number;
  /** 0: the alias doesn't exist yet. */
  expectedRevision: number;
  /** What a rollback goes back to: by default the version that the alias pointed at. */
  from?: number | null;
  reason: string;
  actor: string;
  now: Date;
}

/** A move that was made. */
export interface DeploymentRecord {
  deploymentId: string;
  alias: string;
  fromVersion: number | null;
  toVersion: number;
  reason: string;
  actor: string;
  createdAt: Date;
}

export interface Evaluation {
  version: number;
  split: "validation" | "exam" | "progressive";
  metrics: { accuracy?: Proportion } & Record<string, unknown>;
  examples: number;
}

/** The newest whole state of a model's learner. */
export interface CheckpointRecord {
  step: number;
  fence: number;
  artifact: { sha256: string; bytes: number };
  numericClass: string;
  /** The version from which its line of learning began; null where no step says so: the first champion. */
  base: number | null;
  createdAt: Date;
}

/** Newest first; `before` is the last key of the page before. */
export interface Page<Key> {
  limit: number;
  before?: Key | undefined;
}

/** Implemented by `packages/db`; every method sees the one project it was made for. */
export interface Registry {
  findModel(name: string): Promise<ModelRecord | undefined>;
  findModelById(modelId: string): Promise<ModelRecord | undefined>;
  /** By name; `after` is the last name of the page before. */
  listModels(page: { limit: number; after?: string | undefined }): Promise<ModelRecord[]>;
  /** @returns false where the name is taken already */
  addModel(model: NewModel, now: Date): Promise<boolean>;
  changeModel(modelId: string, settings: ModelSettingsPatch): Promise<void>;

  addVersion(modelId: string, version: NewVersion, now: Date): Promise<VersionRecord>;
  findVersion(modelId: string, number: number): Promise<VersionRecord | undefined>;
  listVersions(modelId: string, page: Page<number>): Promise<VersionRecord[]>;

  findAlias(modelId: string, alias: string): Promise<AliasRecord | undefined>;
  listAliases(modelId: string): Promise<AliasRecord[]>;
  /** @returns the alias as it is now (undefined: there is none), and whether this call moved it */
  moveAlias(
    modelId: string,
    move: AliasMove,
  ): Promise<{ moved: boolean; alias: AliasRecord | undefined }>;
  /** Moves of aliases, `before` a deployment's id. */
  listDeployments(modelId: string, page: Page<string>): Promise<DeploymentRecord[]>;

  addEvaluation(modelId: string, evaluation: Evaluation, now: Date): Promise<void>;
  listEvaluations(modelId: string, versions: readonly number[]): Promise<Evaluation[]>;

  newestCheckpoint(modelId: string): Promise<CheckpointRecord | undefined>;
  /** The last recorded step of the model's learner; 0 before the first. */
  learnedThrough(modelId: string): Promise<number>;
}
