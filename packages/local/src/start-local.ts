import { basename } from "node:path";

import { serverAccount } from "./account.ts";
import { openCacheDir } from "./cache-dir.ts";
import { containerPostgres, containerRedis } from "./containers.ts";
import { dockerEngine } from "./docker-engine.ts";
import { claimInstance, durableFolder } from "./instance.ts";
import type { ServerWatch } from "./kept-server.ts";
import { type EmbeddedOptions, embeddedPostgres, type RunningServer } from "./postgres.ts";
import { embeddedRedis } from "./redis.ts";

export interface LocalOptions {
  /** Folder of the checkout; its path tells the data of two clones apart. */
  checkout: string;
  /** Name of the instance; for a durable one `GROUNDSWELL_INSTANCE` has the last word. */
  name: string;
  /** Keeps the data for the next start under the same name. */
  durable: boolean;
  /** Default: the environment of this process. */
  env?: Record<string, string | undefined>;
  /** Of the embedded servers. */
  watch?: ServerWatch;
}

/** The databases of one system on this machine. */
export interface Local {
  databaseUrl: string;
  redisUrl: string;
  /** Where each server came from, for people. */
  sources: { postgres: string; redis: string };
  /** Folder of the instance; whatever else belongs to it (logs, artifacts) goes there. */
  dir: string;
  stop: () => Promise<void>;
}

/**
 * Brings up PostgreSQL and Redis. `DATABASE_URL` and `REDIS_URL` always win; then
 * `GROUNDSWELL_INFRA=docker` asks for containers; then the embedded servers; and where
 * these can't run, containers if a Docker engine answers. An embedded server that ends is brought
 * up again.
 *
 * @throws where a durable instance of this name runs already, or a server can't be had
 */
export async function startLocal(options: LocalOptions): Promise<Local> {
  const env = options.env ?? process.env;
  const account = serverAccount();
  const cacheDir = openCacheDir(env, account);
  const name = (options.durable && env["GROUNDSWELL_INSTANCE"]) || options.name;
  const instance = claimInstance({ ...options, cacheDir, name });
  const { durable, watch = {} } = options;
  const embedded = { dir: instance.dir, cacheDir, account, durable, env, watch };
  const [postgres, redis] = await Promise.allSettled([findPostgres(embedded), findRedis(embedded)]);
  if (postgres.status === "rejected" || redis.status === "rejected") {
    for (const one of [postgres, redis]) if (one.status === "fulfilled") await one.value.stop();
    instance.release();
    throw postgres.status === "rejected" ? postgres.reason : reasonOf(redis);
  }
  return {
    databaseUrl: postgres.value.url,
    redisUrl: redis.value.url,
    sources: { postgres: postgres.value.source, redis: redis.value.source },
    dir: instance.dir,
    stop: async () => {
      await Promise.all([postgres.value.stop(), redis.value.stop()]);
      instance.release();
    },
  };
}

/** Folder of a durable instance, whether it runs or not. */
export function instanceFolder({
  checkout,
  name,
  env,
}: Required<Pick<LocalOptions, "checkout" | "name" | "env">>): string {
  const cacheDir = openCacheDir(env, serverAccount());
  return durableFolder({ cacheDir, checkout, name: env["GROUNDSWELL_INSTANCE"] || name });
}

const given = (url: string, source: string): RunningServer => ({
  url,
  source,
  stop: async () => {},
});

async function findPostgres(options: EmbeddedOptions): Promise<RunningServer> {
  const { env } = options;
  if (env["DATABASE_URL"]) return given(env["DATABASE_URL"], "DATABASE_URL");
  if (env["GROUNDSWELL_INFRA"] === "docker") return containerPostgres(containers(options));
  try {
    return await embeddedPostgres(options);
  } catch (error) {
    if (await dockerEngine(env)) return containerPostgres(containers(options));
    throw error;
  }
}

async function findRedis(options: EmbeddedOptions): Promise<RunningServer> {
  const { env } = options;
  if (env["REDIS_URL"]) return given(env["REDIS_URL"], "REDIS_URL");
  if (env["GROUNDSWELL_INFRA"] === "docker") return containerRedis(containers(options));
  let cause: unknown;
  try {
    const server = await embeddedRedis(options);
    if (server) return server;
  } catch (error) {
    cause = error;
  }
  if (await dockerEngine(env)) return containerRedis(containers(options));
  throw new Error("no Redis: set REDIS_URL, install redis-server, or start a Docker engine", {
    cause,
  });
}

const containers = ({ dir, durable }: EmbeddedOptions) => ({
  volume: durable ? `groundswell-${basename(dir)}` : undefined,
});

function reasonOf(result: PromiseSettledResult<unknown>): unknown {
  return result.status === "rejected" ? result.reason : undefined;
}
