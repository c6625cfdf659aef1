import { promisify } from "node:util";
import { constants, zstdCompress } from "node:zlib";

import { type GroupCommit, groupCommit, GroupsFull } from "@groundswell/bootstrap";
import { Busy } from "@groundswell/contracts";
import { type AcceptedGroup, insertInbox, type Queries } from "@groundswell/db";
import { type EnvelopeHead, envelopeLine } from "@groundswell/feedback";
import { cleanInbox, type Jobs } from "@groundswell/queue";

/** A request that is to be kept. */
interface Accepted extends EnvelopeHead {
  projectId: string;
  items: number;
  /** JSON text that has been parsed. */
  json: Buffer;
}

export interface AcceptDeps {
  /** As `accept`. */
  database: Queries;
  jobs: Pick<Jobs, "enqueue">;
  clock: () => Date;
  lingerMs: number;
  onCommitted: (items: number) => void;
  onError: (error: unknown) => void;
}

export interface Accept {
  /**
   * Resolves when the request is on disk.
   *
   * @throws Busy where it can't be stored now
   */
  add: (request: Accepted) => Promise<void>;
  /** Requests that wait. */
  pending: () => number;
  close: () => Promise<void>;
}

interface Line {
  projectId: string;
  items: number;
  bytes: Buffer;
}

const compress = promisify(zstdCompress);
/** The fastest level: events of one app are much alike, higher ones gain little. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const MOST_REQUESTS = 64;
const MOST_BYTES = 4 * 1024 * 1024;
/** The next group is packed while one waits for the disk. */
const IN_FLIGHT = 2;
const MOST_PENDING = 4_000;
const MOST_PENDING_BYTES = 128 * 1024 * 1024;

/** Keeps requests: all that come while a transaction is under way go into the next one. */
export function createAccept(deps: AcceptDeps): Accept {
  const committing: GroupCommit<Line, undefined> = groupCommit((lines) => commit(deps, lines), {
    most: MOST_REQUESTS,
    mostBytes: MOST_BYTES,
    sizeOf: (line) => line.bytes.length,
    lingerMs: deps.lingerMs,
    inFlight: IN_FLIGHT,
    mostPending: MOST_PENDING,
  });
  let pendingBytes = 0;

  return {
    async add({ projectId, items, json, ...head }) {
      if (pendingBytes > MOST_PENDING_BYTES) throw new GroupsFull(committing.pending());
      const bytes = envelopeLine(head, json);
      pendingBytes += bytes.length;
      try {
        await committing.add({ projectId, items, bytes });
      } catch (cause) {
        if (cause instanceof GroupsFull) throw cause;
        deps.onError(cause);
        throw new Busy("This can't be stored right now: send it again", { cause, retryAfter: 1 });
      } finally {
        pendingBytes -= bytes.length;
      }
    },
    pending: committing.pending,
    close: committing.close,
  };
}

async function commit(deps: AcceptDeps, lines: Line[]): Promise<undefined[]> {
  const groups = await Promise.all(
    [...Map.groupBy(lines, (line) => line.projectId)].map(([projectId, own]) =>
      compressGroup(projectId, own),
    ),
  );
  const inboxIds = await insertInbox(deps.database, groups, deps.clock());
  const items = groups.reduce((sum, group) => sum + group.items, 0);
  // Not awaited: what is in the inbox is found there, too, where Redis is away.
  void deps.jobs.enqueue(cleanInbox, { inboxIds, items });
  deps.onCommitted(items);
  return lines.map(() => undefined);
}

async function compressGroup(projectId: string, lines: readonly Line[]): Promise<AcceptedGroup> {
  const body = await compress(Buffer.concat(lines.map((line) => line.bytes)), ZSTD);
  return { projectId, items: lines.reduce((sum, line) => sum + line.items, 0), body };
}
