import type { RunningServer } from "./postgres.ts";

interface ContainerOptions {
  /** Names the volume that keeps the data; without it the data go with the container. */
  volume?: string | undefined;
}

const POSTGRES_IMAGE = "postgres:18-alpine";
const REDIS_IMAGE = "redis:8-alpine";

/** PostgreSQL 18 in a container, for those who ask for it (`GROUNDSWELL_INFRA=docker`). */
export async function containerPostgres({ volume }: ContainerOptions): Promise<RunningServer> {
  const { PostgreSqlContainer } = await import("@testcontainers/postgresql");
  const container = new PostgreSqlContainer(POSTGRES_IMAGE)
    .withUsername("postgres")
    .withDatabase("postgres")
    .withCommand(["postgres", "-c", "max_connections=200", "-c", "max_wal_size=4GB"]);
  if (volume)
    container.withBindMounts([{ source: `${volume}-postgres`, target: "/var/lib/postgresql" }]);
  const started = await container.start();
  return {
    url: started.getConnectionUri(),
    source: `Docker, ${POSTGRES_IMAGE}`,
    stop: async () => void (await started.stop()),
  };
}

/** Redis 8 in a container. */
export async function containerRedis({ volume }: ContainerOptions): Promise<RunningServer> {
  const { RedisContainer } = await import("@testcontainers/redis");
  const container = new RedisContainer(REDIS_IMAGE).withCommand([
    "redis-server",
    "--maxmemory-policy",
    "noeviction",
    "--appendonly",
    volume ? "yes" : "no",
  ]);
  if (volume) container.withBindMounts([{ source: `${volume}-redis`, target: "/data" }]);
  const started = await container.start();
  return {
    url: started.getConnectionUrl(),
    source: `Docker, ${REDIS_IMAGE}`,
    stop: async () => void (await started.stop()),
  };
}
