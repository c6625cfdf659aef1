import { setTimeout as delay } from "node:timers/promises";

import type { FastifyInstance } from "fastify";

/** Something that a service can't do its work without. */
export interface ReadyCheck {
  name: string;
  /** Rejects with the reason while it is missing. */
  check: () => Promise<void>;
}

interface Health {
  /** No longer ready: what is under way is finished, nothing new is wanted. */
  draining: boolean;
}

declare module "fastify" {
  interface FastifyInstance {
    readonly health: Health;
  }
}

const CHECK_WITHIN_MS = 2_000;

/** `/livez`: the process answers. `/readyz`: it wants work, else 503 with what is missing. */
export function exposeHealth(app: FastifyInstance, checks: readonly ReadyCheck[]): void {
  const health: Health = { draining: false };
  app.decorate("health", health);
  app.get("/livez", async () => ({ live: true }));
  app.get("/readyz", async (_request, reply) => {
    const failing = health.draining
      ? [{ name: "process", reason: "draining" }]
      : (await Promise.all(checks.map(whyFailing))).flat();
    return reply
      .code(failing.length > 0 ? 503 : 200)
      .send({ ready: failing.length === 0, failing });
  });
}

async function whyFailing({
  name,
  check,
}: ReadyCheck): Promise<{ name: string; reason: string }[]> {
  const late = new AbortController();
  const timeout = delay(CHECK_WITHIN_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`no answer within ${CHECK_WITHIN_MS} ms`);
  });
  timeout.catch(() => {}); // aborted below; when it is first, the race has it
  try {
    await Promise.race([check(), timeout]);
    return [];
  } catch (error) {
    return [{ name, reason: error instanceof Error ? error.message : String(error) }];
  } finally {
    late.abort();
  }
}
