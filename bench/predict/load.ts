import { connect } from "node:net";

import { median, quantile } from "../quantiles.ts";

/** What one run of a load measured. */
export interface Load {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/**
 * Asks the same thing over `connections` open connections, each asking again when it is answered.
 * A raw socket instead of an HTTP client: the client shares its cores with the server that it measures.
 *
 * @throws Error for an answer that is not `status`
 */
export async function runLoad(
  origin: string,
  request: Buffer,
  { connections, seconds }: { connections: number; seconds: number },
): Promise<Load> {
  const latencies: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1_000;
  await Promise.all(
    Array.from({ length: connections }, () => askRepeatedly(origin, request, until, latencies)),
  );
  const elapsed = performance.now() - began;
  return {
    perSecond: (1_000 * latencies.length) / elapsed,
    p50: median(latencies),
    p99: quantile(latencies, 0.99),
  };
}

function askRepeatedly(
  origin: string,
  request: Buffer,
  until: number,
  latencies: number[],
): Promise<void> {
  const { hostname, port } = new URL(origin);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  let asked = 0;
  let received = "";
  const ask = () => {
    asked = performance.now();
    socket.write(request);
  };
  socket.on("connect", ask);
  socket.on("error", reject);
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    if (!isWhole(received)) return;
    const now = performance.now();
    latencies.push(now - asked);
    if (!received.startsWith("HTTP/1.1 200"))
      reject(new Error(`Not an answer: ${received.slice(0, 300)}`));
    received = "";
    if (now < until) ask();
    else {
      socket.destroy();
      resolve();
    }
  });
  return promise;
}

/** Our answers say their length. */
function isWhole(received: string): boolean {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(received.slice(0, end));
  return received.length >= end + 4 + Number(length?.[1] ?? 0);
}

export function requestOf(path: string, body: object, key = ""): Buffer {
  const json = JSON.stringify(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}
