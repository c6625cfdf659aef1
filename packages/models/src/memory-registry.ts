import type {
  AliasRecord,
  CheckpointRecord,
  DeploymentRecord,
  Evaluation,
  ModelRecord,
  Registry,
  VersionRecord,
} from "./registry.ts";

interface Entry {
  model: ModelRecord;
  versions: VersionRecord[];
  aliases: AliasRecord[];
  deployments: DeploymentRecord[];
  evaluations: Evaluation[];
}

/** What a learner would have written. */
interface Learned {
  checkpoint?: CheckpointRecord;
  steps?: number;
}

/** A registry of one project without a database. It passes the same suite as the one of `packages/db`. */
export function createMemoryRegistry(
  projectId: string,
  learned: (modelId: string) => Learned = () => ({}),
): Registry {
  const entries = new Map<string, Entry>();
  const entryOf = (modelId: string): Entry => {
    const entry = entries.get(modelId);
    if (!entry) throw new Error(`no model ${modelId}`);
    return entry;
  };
  const byName = (name: string) =>
    [...entries.values()].find(({ model }) => model.name === name)?.model;

  return {
    findModel: async (name) => copy(byName(name)),
    findModelById: async (modelId) => copy(entries.get(modelId)?.model),
    listModels: async ({ limit, after }) =>
      [...entries.values()]
        .map(({ model }) => model)
        .filter(({ name }) => after === undefined || name > after)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .slice(0, limit),
    async addModel(model, now) {
      if (byName(model.name)) return false;
      const record = { ...structuredClone(model), splitSalt: model.splitSalt, projectId };
      entries.set(model.modelId, {
        model: { ...record, createdAt: now },
        versions: [],
        aliases: [],
        deployments: [],
        evaluations: [],
      });
      return true;
    },
    async changeModel(modelId, settings) {
      Object.assign(entryOf(modelId).model, settings);
    },
    ...versionsOf(entryOf),
    ...aliasesOf(entryOf),
    async addEvaluation(modelId, evaluation) {
      entryOf(modelId).evaluations.push(structuredClone(evaluation));
    },
    listEvaluations: async (modelId, versions) =>
      entryOf(modelId).evaluations.filter(({ version }) => versions.includes(version)),
    newestCheckpoint: async (modelId) => learned(modelId).checkpoint,
    learnedThrough: async (modelId) => learned(modelId).steps ?? 0,
  };
}

const copy = (model: ModelRecord | undefined) => model && { ...model };

function versionsOf(
  entryOf: (modelId: string) => Entry,
): Pick<Registry, "addVersion" | "findVersion" | "listVersions"> {
  return {
    async addVersion(modelId, version, now) {
      const { versions } = entryOf(modelId);
      const record = {
        gate: null,
        ...structuredClone(version),
        modelId,
        number: versions.length + 1,
        createdAt: now,
      };
      versions.push(record);
      return { ...record };
    },
    async findVersion(modelId, number) {
      const version = entryOf(modelId).versions.find((one) => one.number === number);
      return version && { ...version };
    },
    listVersions: async (modelId, { limit, before = Infinity }) =>
      entryOf(modelId)
        .versions.filter(({ number }) => number < before)
        .toReversed()
        .slice(0, limit),
  };
}

function aliasesOf(
  entryOf: (modelId: string) => Entry,
): Pick<Registry, "findAlias" | "listAliases" | "moveAlias" | "listDeployments"> {
  return {
    async findAlias(modelId, alias) {
      const found = entryOf(modelId).aliases.find((one) => one.alias === alias);
      return found && { ...found };
    },
    listAliases: async (modelId) => entryOf(modelId).aliases.map((alias) => ({ ...alias })),
    async moveAlias(modelId, move) {
      const { aliases, deployments } = entryOf(modelId);
      const current = aliases.find(({ alias }) => alias === move.alias);
      if ((current?.revision ?? 0) !== move.expectedRevision)
        return { moved: false, alias: current && { ...current } };
      const fromVersion = move.from === undefined ? (current?.version ?? null) : move.from;
      const next = {
        alias: move.alias,
        version: move.version,
        revision: move.expectedRevision + 1,
      };
      if (current) Object.assign(current, next);
      else aliases.push(next);
      deployments.push({
        deploymentId: String(deployments.length + 1).padStart(8, "0"),
        alias: move.alias,
        fromVersion,
        toVersion: move.version,
        reason: move.reason,
        actor: move.actor,
        createdAt: move.now,
      });
      return { moved: true, alias: { ...next } };
    },
    listDeployments: async (modelId, { limit, before }) =>
      entryOf(modelId)
        .deployments.filter(({ deploymentId }) => before === undefined || deploymentId < before)
        .toReversed()
        .slice(0, limit),
  };
}
