import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Redis } from "ioredis";

import { keepServer } from "./kept-server.ts";
import type { EmbeddedOptions, RunningServer } from "./postgres.ts";
import { findRedis } from "./redis-binary.ts";
import { onFreePort } from "./server-process.ts";

/** A Redis on a free port of the loopback interface, or `undefined` where there is none to run. */
export async function embeddedRedis(options: EmbeddedOptions): Promise<RunningServer | undefined> {
  const binary = await findRedis(options.cacheDir, options.env);
  if (!binary) return undefined;
  const data = join(options.dir, "redis");
  mkdirSync(data, { recursive: true, mode: 0o700 });
  return onFreePort(async (port) => {
    const config = `${data}.conf`;
    writeFileSync(config, redisConfig({ port, data, durable: options.durable }), { mode: 0o600 });
    const server = await keepServer({
      ...options.watch,
      name: "Redis",
      file: binary.file,
      args: [config],
      cwd: data,
      env: { ...options.env, ...binary.env },
      record: data,
      signals: { stop: "TERM", force: "SIGKILL" },
      ready: () => answers(port),
    });
    return { url: `redis://127.0.0.1:${port}`, source: binary.source, stop: server.stop };
  });
}

interface RedisConfig {
  port: number;
  data: string;
  durable: boolean;
}

/** Queues live in it: it may refuse a write when memory is full, but never evict. */
export function redisConfig({ port, data, durable }: RedisConfig): string {
  return [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir "${data.replaceAll(/[\\"]/g, String.raw`\$&`)}"`,
    "daemonize no",
    'save ""',
    `appendonly ${durable ? "yes" : "no"}`,
    "maxmemory-policy noeviction",
    "loglevel warning",
    "",
  ].join("\n");
}

async function answers(port: number): Promise<boolean> {
  const client = new Redis({
    host: "127.0.0.1",
    port,
    lazyConnect: true,
    retryStrategy: () => null,
  });
  client.on("error", () => {}); // refused until the server listens
  try {
    await client.connect();
    return (await client.ping()) === "PONG";
  } finally {
    client.disconnect();
  }
}
