import { AliasView, type RunProgress, RunView } from "@groundswell/contracts";
import { type Client, followRun } from "@groundswell/crowd";

import type { Terminal } from "../terminal.ts";
import { duration, percent, sparkline } from "../wording.ts";

interface OfModel {
  client: Client;
  model: string;
}

export class RunFailed extends Error {
  override readonly name = "RunFailed";
}

/**
 * Trains on everything that may be learned from, and shows how it goes.
 *
 * @throws RunFailed where the run fails, with its reason
 */
export async function fineTune(
  { client, model }: OfModel,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<RunView> {
  const path = `/api/v1/models/${model}/training-runs`;
  const { body: queued } = await client.call(path, RunView, {
    method: "POST",
    body: { note: "asked for by start" },
    retry: false,
  });
  const losses: number[] = [];
  for await (const event of followRun(client, model, queued.id)) {
    signal?.throwIfAborted();
    if (event.type !== "progress") continue;
    const { progress } = event;
    if (progress.loss !== null && losses.length < progress.epoch) losses.push(progress.loss);
    terminal.progress(() => progressLine(progress, losses));
  }
  const { body: run } = await client.call(`${path}/${queued.id}`, RunView);
  if (run.status !== "succeeded")
    throw new RunFailed(`the training run ${run.status}: ${run.error ?? "no reason given"}`);
  return run;
}

function progressLine(progress: RunProgress, losses: readonly number[]): string {
  const { phase, epoch, epochs, loss, validation_accuracy: accuracy, eta_ms: eta } = progress;
  if (phase !== "training") return `  ${phase}`;
  return [
    `  epoch ${epoch} of ${epochs}`,
    ...(loss === null ? [] : [`loss ${sparkline(losses)} ${loss.toFixed(3)}`]),
    ...(accuracy === null ? [] : [`validation ${percent(accuracy)}`]),
    ...(eta === null ? [] : [`${duration(eta)} to go`]),
  ].join(" · ");
}

/**
 * Makes a version the champion, unless somebody else moved the alias meanwhile.
 *
 * @throws Refused where the gate did not let it pass, or the alias moved
 */
export async function promote(
  { client, model }: OfModel,
  version: number,
  reason: string,
): Promise<AliasView> {
  const path = `/api/v1/models/${model}/aliases/champion`;
  const { headers } = await client.call(path, AliasView);
  const { body } = await client.call(path, AliasView, {
    method: "PUT",
    headers: { "if-match": String(headers["etag"]) },
    body: { version, reason },
  });
  return body;
}
