import { once } from "node:events";
import { PassThrough, type Readable } from "node:stream";

import { BadRequest } from "@groundswell/contracts";

export interface StreamedEvent {
  id: number;
  data: unknown;
}

interface EventStreamOptions {
  /** Comments that keep proxies from taking a quiet stream for a dead one. */
  heartbeatMs: number;
  /** Aborted when the client is gone, to stop `events`. */
  stop: AbortController;
}

/** How soon a client is to come back after a lost connection. */
const RETRY_MS = 1_000;

export const EVENT_STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  // nginx would gather a stream into one answer.
  "x-accel-buffering": "no",
} as const;

/** Server-sent events (WHATWG HTML §9.2); ends when `events` do, and never outruns a slow reader. */
export function eventStream(
  events: AsyncIterable<StreamedEvent>,
  { heartbeatMs, stop }: EventStreamOptions,
): Readable {
  const stream = new PassThrough();
  const heartbeat = setInterval(() => {
    if (!stream.writableNeedDrain) stream.write(": still here\n\n");
  }, heartbeatMs);
  stream.on("close", () => {
    clearInterval(heartbeat);
    stop.abort();
  });
  stream.write(`retry: ${RETRY_MS}\n\n`);
  void pour(events, stream, stop.signal)
    .finally(() => clearInterval(heartbeat))
    .then(
      () => stream.end(),
      // The status is sent: breaking the connection off is what tells the client to come back.
      (error: unknown) => stream.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  return stream;
}

async function pour(
  events: AsyncIterable<StreamedEvent>,
  stream: PassThrough,
  signal: AbortSignal,
): Promise<void> {
  for await (const { id, data } of events) {
    if (signal.aborted) return;
    const room = stream.write(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
    if (!room) await once(stream, "drain", { signal }).catch(() => {}); // aborted: the loop ends
  }
}

/** @throws BadRequest for an id that none of our events has */
export function lastEventId(header: string | string[] | undefined): number {
  if (header === undefined || header === "") return 0;
  const id = typeof header === "string" && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
  if (id !== undefined) return id;
  const message = "must be the id of an event of this stream";
  throw new BadRequest(`Last-Event-ID ${message}`, {
    issues: [{ path: "/headers/last-event-id", message }],
  });
}
