/** Sends requests as fast as they are answered, over raw sockets: a process of its own. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import { someBatch } from "./events.ts";

export interface LoadOrder {
  origin: string;
  key: string;
  eventsPerRequest: number;
  connections: number;
  seconds: number;
  /** A path to read, instead of posting events. */
  get?: string;
  /** How long each connection waits from one request to the next; default: not at all. */
  everyMs?: number;
}

export interface LoadResult {
  requests: number;
  seconds: number;
  latenciesMs: number[];
}

const DIFFERENT_REQUESTS = 64;
const HEADER_END = "\r\n\r\n";

process.once("message", (order: LoadOrder) => {
  void run(order).then((result) => {
    // The channel may be closed only when the message is through it.
    process.send?.(result, undefined, undefined, () => process.disconnect?.());
  });
});

async function run(order: LoadOrder): Promise<LoadResult> {
  const requests = Array.from({ length: DIFFERENT_REQUESTS }, () => requestOf(order));
  const sockets = await Promise.all(
    Array.from({ length: order.connections }, () => open(order.origin)),
  );
  const latenciesMs: number[] = [];
  const began = performance.now();
  const endsAt = began + order.seconds * 1_000;
  await Promise.all(
    sockets.map(async (socket, i) => {
      const nextAnswer = answersOn(socket);
      // Not all at the same moment.
      if (order.everyMs) await delay((i * order.everyMs) / order.connections);
      for (let n = i; performance.now() < endsAt; n += 1) {
        const sentAt = performance.now();
        const answered = nextAnswer();
        socket.write(requests[n % requests.length] ?? "");
        await answered;
        latenciesMs.push(performance.now() - sentAt);
        if (order.everyMs) await delay(Math.max(0, sentAt + order.everyMs - performance.now()));
      }
      socket.destroy();
    }),
  );
  return {
    requests: latenciesMs.length,
    seconds: (performance.now() - began) / 1_000,
    latenciesMs,
  };
}

function requestOf({ origin, key, eventsPerRequest, get }: LoadOrder): Buffer {
  const head = (target: string, ...more: string[]) =>
    [
      `${target} HTTP/1.1`,
      `host: ${new URL(origin).host}`,
      `authorization: Basic ${Buffer.from(`${key}:`).toString("base64")}`,
      ...more,
    ].join("\r\n") + HEADER_END;
  if (get !== undefined) return Buffer.from(head(`GET ${get}`));
  const body = Buffer.from(JSON.stringify(someBatch(eventsPerRequest)));
  const length = `content-length: ${body.length}`;
  const start = head("POST /v1/batch", "content-type: application/json", length);
  return Buffer.concat([Buffer.from(start), body]);
}

async function open(origin: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await once(socket, "connect");
  return socket;
}

/** Each call resolves when a whole answer with status 200 has come. */
function answersOn(socket: Socket): () => Promise<void> {
  let received = "";
  let waiting = Promise.withResolvers<void>();
  socket.setEncoding("latin1");
  socket.on("error", (error) => waiting.reject(error));
  socket.on("close", () => waiting.reject(new Error("the connection was closed")));
  socket.on("data", (chunk: string) => {
    received += chunk;
    const headEnd = received.indexOf(HEADER_END);
    if (headEnd < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(received.slice(0, headEnd))?.[1]);
    if (received.length < headEnd + HEADER_END.length + length) return;
    if (received.startsWith("HTTP/1.1 200")) waiting.resolve();
    else waiting.reject(new Error(received));
    received = "";
  });
  return () => {
    waiting = Promise.withResolvers<void>();
    return waiting.promise;
  };
}
