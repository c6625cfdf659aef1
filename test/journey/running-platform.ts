import { join } from "node:path";

import { type Client, connect, type ClientOptions } from "@groundswell/crowd";
import { type TestEnv, testEnv } from "@groundswell/local/testing";
import { type Platform, startPlatform } from "@groundswell/scripts/platform";
import { openProject } from "@groundswell/scripts/project";
import pg from "pg";

/** A whole system of real processes behind its door, on databases of its own. */
export interface RunningPlatform {
  platform: Platform;
  env: TestEnv;
  key: string;
  connect: (options?: Partial<ClientOptions>) => Client;
  /** Looks into the database, past all roles. */
  sql: <Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>;
  stop: () => Promise<void>;
}

export async function runPlatform(): Promise<RunningPlatform> {
  const env = await testEnv();
  const project = await openProject(env.databaseUrl, join(env.artifacts, "project.json"));
  if (!project) throw new Error("the test database is not empty");
  const platform = await startPlatform({
    ...env,
    artifacts: join(env.artifacts, "store"),
    logs: join(env.artifacts, "logs"),
    port: 0,
    env: process.env,
  });
  const pool = new pg.Pool({ connectionString: env.databaseUrl, max: 2 });
  const clients: Client[] = [];
  return {
    platform,
    env,
    key: project.secretKey,
    connect(options) {
      const client = connect({ origin: platform.address, key: project.secretKey, ...options });
      clients.push(client);
      return client;
    },
    sql: async <Row extends object>(text: string, values: unknown[] = []) =>
      (await pool.query<Row>(text, values)).rows,
    stop: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await platform.stop();
      await pool.end();
    },
  };
}
