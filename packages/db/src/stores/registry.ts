import { uuid7Generator } from "@groundswell/contracts";
import type {
  AliasMove,
  AliasRecord,
  CheckpointRecord,
  DeploymentRecord,
  Evaluation,
  ModelRecord,
  NewVersion,
  Registry,
  VersionRecord,
} from "@groundswell/models";

import type { Queries } from "../database.ts";

const MODEL = `project_id as "projectId", model_id as "modelId", name, recipe, classes, config, pace,
  log_predictions as "logPredictions", gate, exam_share as "examShare",
  validation_share as "validationShare", teaching_metrics as "teachingMetrics", split_salt as "splitSalt", seed, created_at as "createdAt"`;

const VERSION = `v.model_id as "modelId", v.number, v.kind, v.status, v.parent, v.run_id as "runId",
  v.learned_through as "learnedThrough",
  jsonb_build_object('sha256', v.artifact, 'bytes', a.bytes) as artifact, v.lineage, v.gate,
  v.created_at as "createdAt"`;

const FROM_VERSIONS =
  "model_versions v join artifacts a on (a.project_id, a.sha256) = (v.project_id, v.artifact)";

/**
 * The registry of one project, inside one transaction or connection: as `request` in its
 * project, or as `worker`.
 */
export function createRegistry(tx: Queries, projectId: string): Registry {
  return {
    ...modelQueries(tx, projectId),
    ...versionQueries(tx, projectId),
    ...aliasQueries(tx, projectId),
    ...learningQueries(tx, projectId),
  };
}

/** `real` comes back as 0.10000000149011612: what was put was 0.1. */
const asPut = (share: number) => Number(share.toPrecision(7));

function modelQueries(
  tx: Queries,
  projectId: string,
): Pick<Registry, "findModel" | "findModelById" | "listModels" | "addModel" | "changeModel"> {
  const tidy = (row: ModelRecord): ModelRecord => ({
    ...row,
    examShare: asPut(row.examShare),
    validationShare: asPut(row.validationShare),
  });
  const one = async (where: string, value: string, name: string) => {
    const [row] = await tx.query<ModelRecord>(
      `select ${MODEL} from models where project_id = $1 and ${where} = $2`,
      [projectId, value],
      name,
    );
    return row && tidy(row);
  };
  return {
    findModel: (name) => one("name", name, "registry-find-model"),
    findModelById: (modelId) => one("model_id", modelId, "registry-find-model-by-id"),
    async listModels({ limit, after }) {
      const rows = await tx.query<ModelRecord>(
        `select ${MODEL} from models where project_id = $1 and name collate "C" > $2
         order by name collate "C" limit $3`,
        [projectId, after ?? "", limit],
      );
      return rows.map(tidy);
    },
    async addModel(model, now) {
      const rows = await tx.query(
        `insert into models (project_id, model_id, name, recipe, classes, config, pace, log_predictions, gate,
           exam_share, validation_share, teaching_metrics, split_salt, seed, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         on conflict (project_id, name) do nothing returning model_id`,
        [
          projectId,
          model.modelId,
          model.name,
          model.recipe,
          model.classes,
          model.config,
          model.pace,
          model.logPredictions,
          model.gate,
          model.examShare,
          model.validationShare,
          model.teachingMetrics,
          model.splitSalt,
          model.seed,
          now,
        ],
      );
      return rows.length > 0;
    },
    async changeModel(modelId, { pace, logPredictions, gate, teachingMetrics }) {
      await tx.query(
        `update models set pace = $3, log_predictions = $4, gate = $5, teaching_metrics = $6
         where project_id = $1 and model_id = $2`,
        [projectId, modelId, pace, logPredictions, gate, teachingMetrics],
      );
    },
  };
}

function versionQueries(
  tx: Queries,
  projectId: string,
): Pick<Registry, "addVersion" | "findVersion" | "listVersions"> {
  return {
    addVersion: (modelId, version, now) => addVersion(tx, { projectId, modelId, version, now }),
    async findVersion(modelId, number) {
      const [row] = await tx.query<VersionRecord>(
        `select ${VERSION} from ${FROM_VERSIONS}
         where v.project_id = $1 and v.model_id = $2 and v.number = $3`,
        [projectId, modelId, number],
        "registry-find-version",
      );
      return row;
    },
    listVersions: (modelId, { limit, before }) =>
      tx.query<VersionRecord>(
        `select ${VERSION} from ${FROM_VERSIONS}
         where v.project_id = $1 and v.model_id = $2 and ($3::int is null or v.number < $3)
         order by v.number desc limit $4`,
        [projectId, modelId, before ?? null, limit],
      ),
  };
}

const newId = uuid7Generator(Date.now);

interface AddVersion {
  projectId: string;
  modelId: string;
  version: NewVersion;
  now: Date;
}

async function addVersion(tx: Queries, added: AddVersion): Promise<VersionRecord> {
  const { projectId, modelId, version, now } = added;
  await tx.query(
    `insert into artifacts (project_id, sha256, bytes, kind, created_at)
     values ($1, $2, $3, 'version', $4) on conflict do nothing`,
    [projectId, version.artifact.sha256, version.artifact.bytes, now],
  );
  // Of two at once the second waits for the first, finds its number taken, and looks again.
  for (;;) {
    const row = await insertVersion(tx, added);
    if (row) return { gate: null, ...version, modelId, ...row };
  }
}

async function insertVersion(
  tx: Queries,
  { projectId, modelId, version, now }: AddVersion,
): Promise<{ number: number; createdAt: Date } | undefined> {
  const [row] = await tx.query<{ number: number; createdAt: Date }>(
    `insert into model_versions (project_id, version_id, model_id, number, kind, status, parent, run_id,
       learned_through, artifact, lineage, gate, created_at)
     select $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11, $12
     from model_versions where project_id = $1 and model_id = $3
     on conflict (project_id, model_id, number) do nothing
     returning number, created_at as "createdAt"`,
    [
      projectId,
      newId(),
      modelId,
      version.kind,
      version.status,
      version.parent,
      version.runId,
      version.learnedThrough,
      version.artifact.sha256,
      version.lineage,
      version.gate ?? null,
      now,
    ],
  );
  return row;
}

function aliasQueries(
  tx: Queries,
  projectId: string,
): Pick<Registry, "findAlias" | "listAliases" | "moveAlias" | "listDeployments"> {
  const findAlias = async (modelId: string, alias: string) => {
    const [row] = await tx.query<AliasRecord>(
      `select alias, version, revision from aliases
       where project_id = $1 and model_id = $2 and alias = $3`,
      [projectId, modelId, alias],
      "registry-find-alias",
    );
    return row;
  };
  return {
    findAlias,
    listAliases: (modelId) =>
      tx.query<AliasRecord>(
        `select alias, version, revision from aliases
         where project_id = $1 and model_id = $2 order by alias`,
        [projectId, modelId],
      ),
    async moveAlias(modelId, move) {
      const alias = await moveAlias(tx, { projectId, modelId, move });
      if (alias) return { moved: true, alias };
      return { moved: false, alias: await findAlias(modelId, move.alias) };
    },
    listDeployments: (modelId, { limit, before }) =>
      tx.query<DeploymentRecord>(
        `select deployment_id as "deploymentId", alias, from_version as "fromVersion",
           to_version as "toVersion", reason, actor, created_at as "createdAt"
         from deployments
         where project_id = $1 and model_id = $2 and ($3::uuid is null or deployment_id < $3)
         order by deployment_id desc limit $4`,
        [projectId, modelId, before ?? null, limit],
      ),
  };
}

/** Alias and deployment in one statement: both or neither, also outside of a transaction. */
async function moveAlias(
  tx: Queries,
  { projectId, modelId, move }: { projectId: string; modelId: string; move: AliasMove },
): Promise<AliasRecord | undefined> {
  const moved =
    move.expectedRevision === 0
      ? `insert into aliases (project_id, model_id, alias, version, revision)
         values ($1, $2, $3, $4, 1) on conflict do nothing
         returning null::int as was, alias, version, revision`
      : `update aliases set version = $4, revision = revision + 1
         where project_id = $1 and model_id = $2 and alias = $3 and revision = $11
         returning old.version as was, alias, new.version, new.revision`;
  const [alias] = await tx.query<AliasRecord>(
    `with moved as (${moved}), told as (
       insert into deployments (project_id, deployment_id, model_id, alias, from_version, to_version, reason, actor, created_at)
       select $1, $5, $2, alias, case when $6 then $7::int else was end, version, $8, $9, $10 from moved
     )
     select alias, version, revision from moved`,
    [
      projectId,
      modelId,
      move.alias,
      move.version,
      newId(),
      move.from !== undefined,
      move.from ?? null,
      move.reason,
      move.actor,
      move.now,
      ...(move.expectedRevision === 0 ? [] : [move.expectedRevision]),
    ],
  );
  return alias;
}

function learningQueries(
  tx: Queries,
  projectId: string,
): Pick<Registry, "addEvaluation" | "listEvaluations" | "newestCheckpoint" | "learnedThrough"> {
  return {
    async addEvaluation(modelId, { version, split, metrics, examples }, now) {
      await tx.query(
        `insert into evaluations (project_id, evaluation_id, model_id, version, split, metrics, examples, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [projectId, newId(), modelId, version, split, metrics, examples, now],
      );
    },
    listEvaluations: (modelId, versions) =>
      tx.query<Evaluation>(
        `select version, split, metrics, examples from evaluations
         where project_id = $1 and model_id = $2 and version = any($3::int[])
         order by evaluation_id`,
        [projectId, modelId, [...versions]],
      ),
    async newestCheckpoint(modelId) {
      const [row] = await tx.query<CheckpointRecord>(
        `select c.step, c.fence, jsonb_build_object('sha256', c.artifact, 'bytes', a.bytes) as artifact,
           c.numeric_class as "numericClass", c.created_at as "createdAt",
           (select s.base_version from steps s
            where (s.project_id, s.model_id) = (c.project_id, c.model_id)
              and s.step <= c.step and s.base_version is not null
            order by s.step desc limit 1) as base
         from checkpoints c join artifacts a on (a.project_id, a.sha256) = (c.project_id, c.artifact)
         where c.project_id = $1 and c.model_id = $2 order by c.step desc limit 1`,
        [projectId, modelId],
        "registry-newest-checkpoint",
      );
      return row;
    },
    async learnedThrough(modelId) {
      const [row] = await tx.query<{ step: number | null }>(
        "select max(step) as step from steps where project_id = $1 and model_id = $2",
        [projectId, modelId],
        "registry-learned-through",
      );
      return row?.step ?? 0;
    },
  };
}
