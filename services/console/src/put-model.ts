import { isDeepStrictEqual } from "node:util";

import { Conflict, type ModelPut, RecipeFixed } from "@groundswell/contracts";
import { createRegistry, withProject } from "@groundswell/db";
import { CHAMPION, type ModelRecord, type NewModel } from "@groundswell/models";

import type { ConsoleDeps } from "./deps.ts";

/** Of a model's initial weights and of what it draws later: one for all, so that a model can be made again. */
const SEED = 1;

/**
 * Makes a model with its first version (seeded random weights; the champion at once), or changes
 * what may change of one: its pace, when predictions are logged, its gate, which metrics teach. The same again changes
 * nothing.
 *
 * @throws ZodError for settings that the recipe refuses
 * @throws RecipeFixed, or Conflict naming the field, for what can't change
 */
export const createPutModel = (
  deps: Pick<ConsoleDeps, "database" | "models" | "artifacts" | "clock" | "newId" | "randomBytes">,
) =>
  async function putModel(projectId: string, name: string, put: ModelPut): Promise<ModelRecord> {
    const config = deps.models.readConfig(put.recipe, put.config);
    const known = await inRegistry(deps, projectId, (registry) => registry.findModel(name));
    if (!known) await addModel(deps, projectId, { name, config, put });
    return inRegistry(deps, projectId, async (registry) => {
      const model = await registry.findModel(name);
      if (!model) throw new Error(`Model ${name} is gone just after it was made`);
      refuseToChange(model, put);
      const settings = {
        pace: put.pace,
        logPredictions: put.log_predictions,
        gate: put.gate,
        teachingMetrics: put.teaching_metrics,
      };
      await registry.changeModel(model.modelId, settings);
      return { ...model, ...settings };
    });
  };

const inRegistry = <T>(
  { database }: Pick<ConsoleDeps, "database">,
  projectId: string,
  work: (registry: ReturnType<typeof createRegistry>) => Promise<T>,
) => withProject(database, projectId, (tx) => work(createRegistry(tx, projectId)));

/** Whoever makes the same model at the same time wins or loses whole: the name is unique. */
async function addModel(
  deps: Parameters<typeof createPutModel>[0],
  projectId: string,
  { name, config, put }: { name: string; config: Record<string, unknown>; put: ModelPut },
): Promise<void> {
  const model: NewModel = {
    modelId: deps.newId(),
    name,
    recipe: put.recipe,
    classes: put.classes,
    config,
    pace: put.pace,
    logPredictions: put.log_predictions,
    gate: put.gate,
    examShare: put.exam_share,
    validationShare: put.validation_share,
    teachingMetrics: put.teaching_metrics,
    splitSalt: deps.randomBytes(16),
    seed: SEED,
  };
  const artifact = await deps.artifacts.put(projectId, deps.models.initialArtifact(model));
  const now = new Date(deps.clock());
  await inRegistry(deps, projectId, async (registry) => {
    if (!(await registry.addModel(model, now))) return;
    const version = await registry.addVersion(
      model.modelId,
      {
        kind: "initial",
        status: "ready",
        parent: null,
        runId: null,
        learnedThrough: 0,
        artifact,
        lineage: { config, seed: SEED, note: "random weights, nothing learned" },
      },
      now,
    );
    await registry.moveAlias(model.modelId, {
      alias: CHAMPION,
      version: version.number,
      expectedRevision: 0,
      reason: "the first version",
      actor: "groundswell",
      now,
    });
  });
}

/** @param put as it was sent: what a config leaves out stays as it is, whatever the defaults are by now */
function refuseToChange(model: ModelRecord, put: ModelPut): void {
  if (model.recipe !== put.recipe) {
    const issues = [{ path: "/recipe", message: `is ${model.recipe} and can't change` }];
    throw new RecipeFixed(model.name, model.recipe, { issues });
  }
  const kept = {
    classes: isDeepStrictEqual(model.classes, put.classes),
    config: agrees(model.config, put.config),
    exam_share: model.examShare === put.exam_share,
    validation_share: model.validationShare === put.validation_share,
  };
  const issues = Object.entries(kept)
    .filter(([, isKept]) => !isKept)
    .map(([field]) => ({
      path: `/${field}`,
      message: "can't change once the model is made: make another model",
    }));
  const [first] = issues;
  if (first) throw new Conflict(`${first.path} ${first.message}`, { issues });
}

/** Whether everything that is said is so; objects may leave things out. */
function agrees(is: unknown, said: unknown): boolean {
  if (!isObject(is) || !isObject(said)) return isDeepStrictEqual(is, said);
  return Object.entries(said).every(([key, value]) => agrees(is[key], value));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
