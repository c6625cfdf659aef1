import { ModelNotFound } from "@groundswell/contracts";
import { createRegistry, type Queries, withProject } from "@groundswell/db";
import type { ModelRecord, Registry } from "@groundswell/models";

import { type Asked, param } from "../contract-routes.ts";
import type { ConsoleDeps } from "../deps.ts";

export interface ModelScope {
  tx: Queries;
  registry: Registry;
  model: ModelRecord;
  projectId: string;
}

/**
 * Runs `work` in the caller's project on the model that the path names.
 *
 * @throws ModelNotFound also for a model of another project
 */
export function withModel<T>(
  { database }: Pick<ConsoleDeps, "database">,
  asked: Asked,
  work: (scope: ModelScope) => Promise<T>,
): Promise<T> {
  const name = param(asked, "model");
  const { projectId } = asked.caller;
  return withProject(database, projectId, async (tx) => {
    const registry = createRegistry(tx, projectId);
    const model = await registry.findModel(name);
    if (!model) throw new ModelNotFound(name);
    return work({ tx, registry, model, projectId });
  });
}
