import { createRegistry, type Database, withProject } from "@groundswell/db";
import { CHAMPION } from "@groundswell/models";

import type { RegistryReader } from "./model-directory.ts";

/** @param database as `request` */
export function createRegistryReader(database: Database): RegistryReader {
  return {
    champion: (projectId, name) =>
      withProject(database, projectId, async (tx) => {
        const registry = createRegistry(tx, projectId);
        const model = await registry.findModel(name);
        const alias = model && (await registry.findAlias(model.modelId, CHAMPION));
        const champion = alias && (await registry.findVersion(model.modelId, alias.version));
        return champion && { model, champion };
      }),
    version: (projectId, modelId, number) =>
      withProject(database, projectId, (tx) =>
        createRegistry(tx, projectId).findVersion(modelId, number),
      ),
    newestCheckpoint: (projectId, modelId) =>
      withProject(database, projectId, (tx) =>
        createRegistry(tx, projectId).newestCheckpoint(modelId),
      ),
  };
}
