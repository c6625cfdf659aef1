import { CHANNELS, Conflict, RunNotFound, RunPost } from "@groundswell/contracts";
import {
  cancelRun,
  createRun,
  findOpenRun,
  findRun,
  listRuns,
  type RunRecord,
} from "@groundswell/db";

import { type Asked, type ContractRoutes, param } from "../contract-routes.ts";
import { InstantKey, pageOf, readPage } from "../cursor.ts";
import type { ConsoleDeps } from "../deps.ts";
import { isUuid } from "../is-uuid.ts";
import { runView } from "../views.ts";
import { type ModelScope, withModel } from "./find-model.ts";

export function trainingRunRoutes({ on }: ContractRoutes, deps: ConsoleDeps): void {
  on("POST /api/v1/models/:model/training-runs", async (asked) => {
    const run = await withModel(deps, asked, (scope) => startRun(deps, scope, asked));
    deps.enqueueRun({ projectId: run.projectId, runId: run.runId });
    const model = param(asked, "model");
    asked.reply.header("location", `/api/v1/models/${model}/training-runs/${run.runId}`);
    return runView(run, model);
  });

  on("GET /api/v1/models/:model/training-runs", (asked) =>
    withModel(deps, asked, async ({ tx, projectId, model: { modelId, name } }) => {
      const { limit, before } = readPage(asked.query, InstantKey);
      const runs = await listRuns(tx, { projectId, modelId, limit: limit + 1, before });
      return pageOf(runs, {
        limit,
        keyOf: ({ createdAt, runId }) => [createdAt.toISOString(), runId],
        view: (run) => runView(run, name),
      });
    }),
  );

  on("GET /api/v1/models/:model/training-runs/:run", (asked) =>
    withModel(deps, asked, async (scope) => runView(await runOf(scope, asked), scope.model.name)),
  );

  on("POST /api/v1/models/:model/training-runs/:run/cancel", async (asked) => {
    const run = await withModel(deps, asked, async (scope) => {
      const { projectId, modelId, runId, status } = await runOf(scope, asked);
      const now = new Date(deps.clock());
      const cancelled = await cancelRun(scope.tx, { projectId, modelId, runId, now });
      if (!cancelled) throw new Conflict(`Run ${runId} has ended already: ${status}`);
      return cancelled;
    });
    deps.notify(CHANNELS.runs, run.runId);
    return runView(run, param(asked, "model"));
  });
}

async function startRun(
  deps: ConsoleDeps,
  { tx, projectId, model }: ModelScope,
  asked: Asked,
): Promise<RunRecord> {
  const { trigger, config, seed, note } = RunPost.parse(asked.body ?? {});
  const run = await createRun(tx, {
    projectId,
    runId: deps.newId(),
    modelId: model.modelId,
    trigger,
    config: deps.models.readRunConfig(model.recipe, config),
    seed,
    note: note ?? null,
    now: new Date(deps.clock()),
  });
  if (run) return run;
  const open = await findOpenRun(tx, projectId, model.modelId);
  throw new Conflict(
    `Model ${model.name} has a run that has not ended: ${open?.runId ?? "it ended just now"}`,
  );
}

/** @throws RunNotFound also for a run of another model */
export async function runOf(
  { tx, projectId, model }: ModelScope,
  asked: Asked,
): Promise<RunRecord> {
  const runId = param(asked, "run");
  const { modelId } = model;
  const run = isUuid(runId) ? await findRun(tx, { projectId, modelId, runId }) : undefined;
  if (!run) throw new RunNotFound(runId);
  return run;
}
