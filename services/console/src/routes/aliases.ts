import {
  AliasMoved,
  AliasNotFound,
  AliasPut,
  CHANNELS,
  PreconditionRequired,
  RollbackPost,
} from "@groundswell/contracts";
import type { AliasRecord } from "@groundswell/models";

import { type Asked, type ContractRoutes, param } from "../contract-routes.ts";
import type { ConsoleDeps } from "../deps.ts";
import { createMoveChampion } from "../move-champion.ts";
import { aliasView } from "../views.ts";
import { type ModelScope, withModel } from "./find-model.ts";

export function aliasRoutes({ on }: ContractRoutes, deps: ConsoleDeps): void {
  const { promote, rollback } = createMoveChampion(deps);

  on("GET /api/v1/models/:model/aliases/:alias", (asked) =>
    withModel(deps, asked, async (scope) => answer(asked, await aliasOf(scope, asked))),
  );

  on("PUT /api/v1/models/:model/aliases/:alias", async (asked) => {
    const { version, reason } = AliasPut.parse(asked.body);
    const { model, alias } = await withModel(deps, asked, async (scope) => {
      const { alias: name, revision } = await aliasOf(scope, asked);
      if (!wanted(asked.request.headers["if-match"], revision)) throw new AliasMoved(revision);
      return { model: scope.model, alias: { alias: name, expectedRevision: revision } };
    });
    const moved = await promote(model, {
      ...alias,
      version,
      reason: reason ?? "promoted",
      actor: `key ${asked.caller.keyId}`,
    });
    deps.notify(CHANNELS.models, model.modelId);
    return answer(asked, moved);
  });

  on("POST /api/v1/models/:model/rollback", async (asked) => {
    const { reason } = RollbackPost.parse(asked.body ?? {});
    const model = await withModel(deps, asked, async (scope) => scope.model);
    const moved = await rollback(model, {
      reason: reason ?? "rolled back",
      actor: `key ${asked.caller.keyId}`,
    });
    deps.notify(CHANNELS.models, model.modelId);
    return answer(asked, moved);
  });
}

async function aliasOf({ registry, model }: ModelScope, asked: Asked): Promise<AliasRecord> {
  const name = param(asked, "alias");
  const alias = await registry.findAlias(model.modelId, name);
  if (!alias) throw new AliasNotFound(model.name, name);
  return alias;
}

function answer({ reply }: Asked, alias: AliasRecord) {
  reply.header("etag", `"${alias.revision}"`);
  return aliasView(alias);
}

/**
 * Whether a request was made for this revision (RFC 9110 §13.1.1: strong comparison, a list, or `*`).
 *
 * @throws PreconditionRequired where the client doesn't say what it saw
 */
function wanted(ifMatch: string | undefined, revision: number): boolean {
  if (!ifMatch) throw new PreconditionRequired();
  const tags = ifMatch.split(",").map((tag) => tag.trim());
  return tags.includes("*") || tags.includes(`"${revision}"`);
}
