import { DeadLetterNotFound } from "@groundswell/contracts";
import {
  countWaitingWork,
  listDeadLetters,
  listQuarantine,
  replayDeadLetter,
  withProject,
} from "@groundswell/db";

import { type ContractRoutes, param } from "../contract-routes.ts";
import { InstantKey, pageOf, readPage } from "../cursor.ts";
import type { ConsoleDeps } from "../deps.ts";
import { isUuid } from "../is-uuid.ts";
import { deadLetterView } from "../views.ts";

export function operationRoutes({ on }: ContractRoutes, deps: ConsoleDeps): void {
  const { database, clock } = deps;

  on("GET /api/v1/quarantine", async (asked) => {
    const { projectId } = asked.caller;
    const { limit, before } = readPage(asked.query, InstantKey);
    const now = new Date(clock());
    const rows = await withProject(database, projectId, (tx) =>
      listQuarantine(tx, { projectId, limit: limit + 1, before, now }),
    );
    return pageOf(rows, {
      limit,
      keyOf: (row) => [row.receivedAt.toISOString(), row.quarantineId],
      view: (row) => ({
        id: row.quarantineId,
        received_at: row.receivedAt.toISOString(),
        code: row.code,
        detail: row.detail,
        excerpt: row.excerpt,
      }),
    });
  });

  on("GET /api/v1/dead-letters", async (asked) => {
    const { projectId } = asked.caller;
    const { limit, before } = readPage(asked.query, InstantKey);
    const letters = await withProject(database, projectId, (tx) =>
      listDeadLetters(tx, { projectId, limit: limit + 1, before }),
    );
    return pageOf(letters, {
      limit,
      keyOf: (letter) => [letter.createdAt.toISOString(), letter.deadLetterId],
      view: deadLetterView,
    });
  });

  on("POST /api/v1/dead-letters/:id/replay", async (asked) => {
    const { projectId } = asked.caller;
    const deadLetterId = param(asked, "id");
    if (!isUuid(deadLetterId)) throw new DeadLetterNotFound(deadLetterId);
    const now = new Date(clock());
    const replay = await withProject(database, projectId, (tx) =>
      replayDeadLetter(tx, { projectId, deadLetterId, now }),
    );
    if (!replay) throw new DeadLetterNotFound(deadLetterId);
    return deadLetterView(replay.letter);
  });

  // From PostgreSQL, and of the caller's project: true without Redis, and no word on other tenants.
  // A batch that a worker is at counts as waiting until its transaction commits.
  on("GET /api/v1/backlog", async (asked) => {
    const { projectId } = asked.caller;
    const { inbox, ledger, runs } = await withProject(database, projectId, (tx) =>
      countWaitingWork(tx, projectId),
    );
    return {
      queues: [
        { name: "clean-inbox", waiting: inbox.batches, active: 0 },
        { name: "train-model", waiting: runs.queued, active: runs.running },
      ],
      inbox: inbox.items,
      ledger,
    };
  });
}
