import { setTimeout as delay } from "node:timers/promises";

import { type ServerOptions, type ServerProcess, startServer } from "./server-process.ts";

/** Told what becomes of the servers. */
export interface ServerWatch {
  /** One ended without having been told to; it is brought up again. */
  onEnded?: ((name: string) => void) | undefined;
  onRestarted?: ((event: { name: string; downMs: number }) => void) | undefined;
  /** One that ended can't be brought up again: it is given up. */
  onLost?: ((error: Error) => void) | undefined;
  /** How long one that does not come up is tried again. */
  giveUpAfterMs?: number | undefined;
}

interface KeptServerOptions extends ServerOptions, ServerWatch {
  /** For people. */
  name: string;
}

/** A disk that is full for a minute is full for each try of that minute. */
const GIVE_UP_AFTER_MS = 120_000;
const LEAST_REST_MS = 100;
const MOST_REST_MS = 5_000;
/** One that ran for so long is not what ended the one before it. */
const STEADY_AFTER_MS = 10_000;

/**
 * Starts a server, and starts it again on the same data and port whenever it ends, until `stop`.
 * What it was killed in the middle of it recovers from by itself: that is what its log is for.
 *
 * @throws where it can't be started the first time
 */
export async function keepServer(options: KeptServerOptions): Promise<Pick<ServerProcess, "stop">> {
  const { name, giveUpAfterMs = GIVE_UP_AFTER_MS, onEnded, onLost, onRestarted } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let server = await startServer(options);
  const trouble = { since: -Infinity, tries: 0 };

  const bringBack = async (): Promise<ServerProcess> => {
    let reason: unknown = new Error(`${name} ends again and again`);
    while (performance.now() - trouble.since < giveUpAfterMs) {
      const rest = Math.min(LEAST_REST_MS * 2 ** trouble.tries++, MOST_REST_MS);
      await delay(rest, undefined, { signal, ref: false });
      try {
        return await startServer(options, signal);
      } catch (error) {
        signal.throwIfAborted();
        reason = error;
      }
    }
    const tried = `${name} could not be brought up again for ${Math.round(giveUpAfterMs / 1_000)} s`;
    throw new Error(`${tried}: ${messageOf(reason)}`, { cause: reason });
  };
  const watch = async () => {
    for (let began = performance.now(); ; began = performance.now()) {
      await server.ended;
      if (signal.aborted) return;
      const fell = performance.now();
      if (fell - began > STEADY_AFTER_MS || trouble.tries === 0)
        Object.assign(trouble, { since: fell, tries: 0 });
      onEnded?.(name);
      server = await bringBack();
      if (signal.aborted) return server.stop();
      onRestarted?.({ name, downMs: performance.now() - fell });
    }
  };
  const watching = watch().catch((error: unknown) => {
    if (!signal.aborted) onLost?.(error instanceof Error ? error : new Error(String(error)));
  });
  return {
    stop: async () => {
      stopping.abort();
      await server.stop();
      await watching;
    },
  };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
