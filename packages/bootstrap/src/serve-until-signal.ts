import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

import type { FastifyInstance } from "fastify";

export interface ServeOptions {
  host: string;
  port: number;
  /** Closed one after another when the last request is answered. */
  closing?: readonly { close: () => Promise<void> }[];
  /** How long draining may take before the process ends anyway. */
  graceMs?: number;
  /** How long to go on listening, not ready, until load balancers have noticed. */
  drainDelayMs?: number;
}

/**
 * Listens until SIGTERM, SIGINT, or the end of the parent that this process has a channel
 * to; then turns not ready, answers what is under way, closes what was used and resolves.
 * A second signal, or the end of the grace time, ends the process at once with status 1.
 * A parent gets the message `{ ready: address }`.
 */
export async function serveUntilSignal(app: FastifyInstance, options: ServeOptions): Promise<void> {
  const reason = nextReason();
  const address = await app.listen({ host: options.host, port: options.port });
  process.send?.({ ready: address });
  app.log.info({ address }, "listening");

  const why = await reason;
  app.log.info({ reason: why }, "draining");
  app.health.draining = true;
  const graceMs = options.graceMs ?? 8_000;
  const giveUp = (what: string) => {
    app.log.error(`${what}: ending without having drained`);
    process.exit(1);
  };
  setTimeout(giveUp, graceMs, `not drained within ${graceMs} ms`).unref();
  void nextSignal().then((signal) => giveUp(`a second signal, ${signal}`));

  await delay(options.drainDelayMs ?? 0);
  // A connection whose last answer ends after closing began would be kept alive and waited for.
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
  await app.close();
  clearInterval(sweep);
  for (const one of options.closing ?? []) await one.close();
  app.log.info("drained");
  if (process.connected) process.disconnect?.();
}

function nextReason(): Promise<string> {
  const parentGone = process.channel
    ? [once(process, "disconnect").then(() => "the parent process ended")]
    : [];
  return Promise.race([nextSignal(), ...parentGone]);
}

function nextSignal(): Promise<string> {
  return Promise.race(
    ["SIGTERM", "SIGINT"].map((signal) => once(process, signal).then(() => signal)),
  );
}
