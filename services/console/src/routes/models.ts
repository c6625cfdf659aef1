import { CHANNELS, ModelName, ModelPut } from "@groundswell/contracts";
import { createRegistry, withProject } from "@groundswell/db";
import { CHAMPION, type ModelRecord, type Registry } from "@groundswell/models";

import { type ContractRoutes, param } from "../contract-routes.ts";
import { pageOf, readPage } from "../cursor.ts";
import type { ConsoleDeps } from "../deps.ts";
import { createPutModel } from "../put-model.ts";
import { modelView } from "../views.ts";
import { withModel } from "./find-model.ts";

export function modelRoutes({ on }: ContractRoutes, deps: ConsoleDeps): void {
  const putModel = createPutModel(deps);

  on("GET /api/v1/models", (asked) => {
    const { projectId } = asked.caller;
    const { limit, before: after } = readPage(asked.query, ModelName);
    return withProject(deps.database, projectId, async (tx) => {
      const registry = createRegistry(tx, projectId);
      const models = await registry.listModels({ limit: limit + 1, after });
      const page = pageOf(models, { limit, keyOf: ({ name }) => name, view: (model) => model });
      const data = [];
      for (const model of page.data) data.push(await shown(registry, model));
      return { ...page, data };
    });
  });

  on("GET /api/v1/models/:model", (asked) =>
    withModel(deps, asked, ({ registry, model }) => shown(registry, model)),
  );

  on("PUT /api/v1/models/:model", async (asked) => {
    const name = ModelName.parse(param(asked, "model"));
    const model = await putModel(asked.caller.projectId, name, ModelPut.parse(asked.body));
    deps.notify(CHANNELS.models, model.modelId);
    return withModel(deps, asked, ({ registry }) => shown(registry, model));
  });
}

async function shown(registry: Registry, model: ModelRecord) {
  const champion = await registry.findAlias(model.modelId, CHAMPION);
  const learnedThrough = await registry.learnedThrough(model.modelId);
  return modelView(model, { champion: champion?.version ?? null, learnedThrough });
}
