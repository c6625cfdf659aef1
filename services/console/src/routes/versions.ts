import { VersionNotFound, VersionNumber } from "@groundswell/contracts";
import type { Registry } from "@groundswell/models";
import { z } from "zod";

import { type Asked, type ContractRoutes, param } from "../contract-routes.ts";
import { pageOf, readPage } from "../cursor.ts";
import type { ConsoleDeps } from "../deps.ts";
import { deploymentView, versionView } from "../views.ts";
import { withModel } from "./find-model.ts";

export function versionRoutes({ on }: ContractRoutes, deps: ConsoleDeps): void {
  on("GET /api/v1/models/:model/versions", (asked) =>
    withModel(deps, asked, async ({ registry, model: { modelId } }) => {
      const { limit, before } = readPage(asked.query, VersionNumber);
      const versions = await registry.listVersions(modelId, { limit: limit + 1, before });
      const numbers = versions.map(({ number }) => number);
      const about = await aboutVersions(registry, modelId, numbers);
      return pageOf(versions, {
        limit,
        keyOf: ({ number }) => number,
        view: (version) => versionView(version, about),
      });
    }),
  );

  on("GET /api/v1/models/:model/versions/:version", (asked) =>
    withModel(deps, asked, async ({ registry, model }) => {
      const number = versionParam(asked, model.name);
      const version = await registry.findVersion(model.modelId, number);
      if (!version) throw new VersionNotFound(model.name, number);
      return versionView(version, await aboutVersions(registry, model.modelId, [number]));
    }),
  );

  on("GET /api/v1/models/:model/deployments", (asked) =>
    withModel(deps, asked, async ({ registry, model }) => {
      const { limit, before } = readPage(asked.query, z.uuid());
      const moves = await registry.listDeployments(model.modelId, { limit: limit + 1, before });
      return pageOf(moves, {
        limit,
        keyOf: ({ deploymentId }) => deploymentId,
        view: deploymentView,
      });
    }),
  );
}

function versionParam(asked: Asked, model: string): number {
  const text = param(asked, "version");
  const number = VersionNumber.safeParse(/^\d+$/.test(text) ? Number(text) : undefined);
  if (!number.success) throw new VersionNotFound(model, text);
  return number.data;
}

async function aboutVersions(registry: Registry, modelId: string, numbers: readonly number[]) {
  return {
    aliases: await registry.listAliases(modelId),
    evaluations: await registry.listEvaluations(modelId, numbers),
  };
}
