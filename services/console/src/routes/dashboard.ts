import { LiveQuery } from "@groundswell/contracts";
import { latestPredictions } from "@groundswell/db";

import type { ContractRoutes } from "../contract-routes.ts";
import type { ConsoleDeps } from "../deps.ts";
import { createOverview } from "../overview/overview.ts";
import { liveView } from "../views.ts";
import { withModel } from "./find-model.ts";

const OVERVIEW_KEPT_MS = 500;

export function dashboardRoutes({ on }: ContractRoutes, deps: ConsoleDeps): void {
  const overviewOf = createOverview({ ...deps, keepMs: OVERVIEW_KEPT_MS });

  on("GET /api/v1/models/:model/overview", async (asked) => {
    const model = await withModel(deps, asked, async (scope) => scope.model);
    return overviewOf(model);
  });

  on("GET /api/v1/models/:model/live", (asked) =>
    withModel(deps, asked, async ({ tx, projectId, model }) => {
      const { limit } = LiveQuery.parse(asked.query);
      const { modelId } = model;
      const predictions = await latestPredictions(tx, { projectId, modelId, limit });
      return { data: predictions.map((prediction) => liveView(model, prediction)) };
    }),
  );
}
