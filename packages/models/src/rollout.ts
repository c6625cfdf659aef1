import {
  AliasMoved,
  GateNotPassed,
  ModelNotFound,
  NothingToRollBack,
  VerdictOutdated,
  VersionNotFound,
} from "@groundswell/contracts";

import type {
  AliasRecord,
  DeploymentRecord,
  ModelRecord,
  Registry,
  VersionRecord,
} from "./registry.ts";

export const CHAMPION = "champion";

export interface PromoteRequest {
  model: ModelRecord;
  alias: string;
  version: number;
  /** The revision that the caller saw (If-Match); 0 for an alias that doesn't exist yet. */
  expectedRevision: number;
  /** What a rollback goes back to, where that is not the version that the alias pointed at. */
  from?: number | null;
  reason: string;
  actor: string;
}

interface RolloutDeps {
  registry: Registry;
  clock: () => Date;
}

/**
 * Points an alias at a version, if nobody moved it since the caller looked.
 *
 * @throws VersionNotFound
 * @throws GateNotPassed where the champion would be a version that its gate refused, or has not judged
 * @throws VerdictOutdated where it was judged against another champion than today's
 * @throws AliasMoved with the revision that the alias is at
 */
export const createPromote = ({ registry, clock }: RolloutDeps) =>
  async function promote(request: PromoteRequest): Promise<AliasRecord> {
    const { model, alias, version: number, expectedRevision, reason, actor, from } = request;
    const version = await registry.findVersion(model.modelId, number);
    if (!version) throw new VersionNotFound(model.name, number);
    if (alias === CHAMPION) {
      refuseUnlessGated(version);
      await refuseIfOutdated(registry, version, expectedRevision);
    }
    const { moved, alias: now } = await registry.moveAlias(model.modelId, {
      alias,
      version: number,
      expectedRevision,
      ...(from !== undefined && { from }),
      reason,
      actor,
      now: clock(),
    });
    if (!moved || !now) throw new AliasMoved(now?.revision ?? 0);
    return now;
  };

function refuseUnlessGated({
  number,
  status,
  gate,
}: Pick<VersionRecord, "number" | "status" | "gate">): void {
  if (status === "ready" || status === "passed") return;
  const why = gate?.checks.filter((check) => !check.passed).map((check) => check.detail);
  throw new GateNotPassed(number, why?.length ? why.join("; ") : "it has not been judged yet");
}

/**
 * A verdict says that a candidate is no worse than one champion: about any other it says nothing.
 * Whoever has been the champion may be it again, as by a rollback.
 */
async function refuseIfOutdated(
  registry: Registry,
  { modelId, number, kind, parent }: VersionRecord,
  expectedRevision: number,
): Promise<void> {
  const current = await registry.findAlias(modelId, CHAMPION);
  if (!current || kind !== "batch" || parent === null) return;
  if (current.revision !== expectedRevision) throw new AliasMoved(current.revision);
  const judged = await lineOf(registry, modelId, parent);
  if (judged === (await lineOf(registry, modelId, current.version))) return;
  const moves = await registry.listDeployments(modelId, { limit: MOST_DEPLOYMENTS });
  if (moves.some(({ alias, toVersion }) => alias === CHAMPION && toVersion === number)) return;
  throw new VerdictOutdated(number, parent, current.version);
}

/** What was registered and has learned on since: kept states of one champion go back to the same. */
async function lineOf(registry: Registry, modelId: string, number: number): Promise<number> {
  const version = await registry.findVersion(modelId, number);
  if (version?.kind !== "online" || version.parent === null) return number;
  return lineOf(registry, modelId, version.parent);
}

/** Moves looked at to find what came before: more rollbacks in a row than this are none. */
const MOST_DEPLOYMENTS = 1_000;

/**
 * Points the champion back at what it was before the last promotion that still stands, as it was then.
 *
 * @throws NothingToRollBack where the champion never was another
 * @throws AliasMoved where somebody else moved it meanwhile
 */
export const createRollback = ({ registry, clock }: RolloutDeps) =>
  async function rollback({
    model,
    reason,
    actor,
    from,
  }: Pick<PromoteRequest, "model" | "reason" | "actor" | "from">): Promise<AliasRecord> {
    const { modelId, name } = model;
    const current = await registry.findAlias(modelId, CHAMPION);
    if (!current) throw new ModelNotFound(name);
    const newestFirst = await registry.listDeployments(modelId, { limit: MOST_DEPLOYMENTS });
    const moves = newestFirst.filter((move) => move.alias === CHAMPION).toReversed();
    const target = rollbackTarget(moves);
    if (target === null) throw new NothingToRollBack(name);
    const { moved, alias } = await registry.moveAlias(modelId, {
      alias: CHAMPION,
      version: target,
      expectedRevision: current.revision,
      ...(from !== undefined && { from }),
      reason,
      actor,
      now: clock(),
    });
    if (!moved || !alias) throw new AliasMoved(alias?.revision ?? 0);
    return alias;
  };

/**
 * The version to go back to. A move back to what the standing promotion came from, by rollback
 * or by hand, undoes that promotion; any other move stands on top of the ones before.
 *
 * @param moves of one alias, oldest first
 */
export function rollbackTarget(
  moves: readonly Pick<DeploymentRecord, "fromVersion" | "toVersion">[],
): number | null {
  const standing: { from: number | null }[] = [];
  for (const { fromVersion, toVersion } of moves) {
    const top = standing.at(-1);
    if (top && top.from === toVersion) standing.pop();
    else standing.push({ from: fromVersion });
  }
  return standing.at(-1)?.from ?? null;
}
