import type { FastifyInstance } from "fastify";

import type { ContractRoutes } from "../contract-routes.ts";
import type { ConsoleDeps } from "../deps.ts";
import { EVENT_STREAM_HEADERS, eventStream, lastEventId } from "../event-stream.ts";
import type { RunFeed, WatchedRun } from "../run-feed.ts";
import { withModel } from "./find-model.ts";
import { runOf } from "./training-runs.ts";

interface RunEventOptions {
  feed: RunFeed;
  heartbeatMs: number;
}

export function runEventRoutes(
  app: FastifyInstance,
  { on }: ContractRoutes,
  deps: ConsoleDeps & RunEventOptions,
): void {
  const open = new Set<AbortController>();
  // fastify waits for open answers before it closes; these would last as long as their runs.
  app.addHook("preClose", async () => {
    for (const stop of open) stop.abort();
  });

  on("GET /api/v1/models/:model/training-runs/:run/events", async (asked) => {
    const last = lastEventId(asked.request.headers["last-event-id"]);
    const { projectId, runId } = await withModel(deps, asked, (scope) => runOf(scope, asked));
    const stop = new AbortController();
    open.add(stop);
    stop.signal.addEventListener("abort", () => open.delete(stop), { once: true });
    asked.reply.headers(EVENT_STREAM_HEADERS);
    return eventStream(runEvents(deps.feed, { projectId, runId }, last, stop.signal), {
      heartbeatMs: deps.heartbeatMs,
      stop,
    });
  });
}

async function* runEvents(feed: RunFeed, run: WatchedRun, last: number, signal: AbortSignal) {
  for await (const { id, event } of feed.follow(run, last, signal)) yield { id, data: event };
}
