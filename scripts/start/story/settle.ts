import { setTimeout as delay } from "node:timers/promises";

import { Overview } from "@groundswell/contracts";
import type { Client } from "@groundswell/crowd";

export interface SettleOptions {
  client: Client;
  model: string;
  /** Feedback that waits for predictions which nobody ever asked for. */
  unmatched: number;
  withinMs?: number;
  signal?: AbortSignal;
}

const LOOK_EVERY_MS = 150;

/**
 * Waits until all that was accepted is cleaned, joined and learned.
 *
 * @throws where that does not come about in time, with what still waits
 */
export async function settle(options: SettleOptions): Promise<Overview> {
  const { client, model, unmatched, withinMs = 60_000 } = options;
  const began = Date.now();
  for (;;) {
    options.signal?.throwIfAborted();
    const { body } = await client.call(`/api/v1/models/${model}/overview`, Overview);
    const { inbox_items, ledger, waiting } = body.queues;
    // What was measured before this began says nothing about what was posted just before.
    const isCurrent = Date.parse(body.at) > began;
    if (isCurrent && inbox_items === 0 && ledger === 0 && waiting <= unmatched) return body;
    if (Date.now() - began > withinMs)
      throw new Error(
        `after ${withinMs / 1_000} s there still wait: ${inbox_items} accepted, ${waiting} without a prediction, ${ledger} to be learned`,
      );
    await delay(LOOK_EVERY_MS);
  }
}
