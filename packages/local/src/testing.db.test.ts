import { existsSync } from "node:fs";

import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, expect, test } from "vitest";

import { createDatabase, dropDatabase, openConnections } from "./databases.ts";
import { testEnv } from "./testing.ts";

const env = await testEnv();
const pool = new pg.Pool({ connectionString: env.databaseUrl, application_name: "local-test" });
const redis = new Redis(env.redisUrl);
afterAll(async () => {
  await pool.end();
  redis.disconnect();
});

test("the database is a migrated copy on a PostgreSQL 18 that keeps what it commits", async () => {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
      where name in ('fsync', 'full_page_writes', 'synchronous_commit', 'server_version_num')
      order by name`,
  );
  const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  expect(settings).toMatchObject({ fsync: "on", full_page_writes: "on", synchronous_commit: "on" });
  expect(Number(settings["server_version_num"])).toBeGreaterThanOrEqual(180_000);
  const tables = await pool.query(
    "select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('r', 'p')",
  );
  expect(tables.rowCount).toBeGreaterThan(0);
});

test("Redis never evicts", async () => {
  expect(await redis.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
});

test("two environments of one file share nothing", async () => {
  const other = await testEnv();
  expect(other.databaseUrl).not.toBe(env.databaseUrl);
  expect(other.prefix).not.toBe(env.prefix);
  expect(existsSync(other.artifacts)).toBe(true);
});

test("a leaked connection is seen, and the database can be dropped over it", async () => {
  const name = `${env.prefix}_leak`;
  const url = await createDatabase(env.databaseUrl, name);
  const leaked = new pg.Client({ connectionString: url, application_name: "the leak" });
  leaked.on("error", () => {}); // it is about to be cut off
  const ended = new Promise<void>((resolve) => leaked.once("end", resolve));
  await leaked.connect();
  await leaked.query("select 'last words'");
  expect(await openConnections(env.databaseUrl, name, 0)).toEqual([
    { application: "the leak", lastQuery: "select 'last words'" },
  ]);
  await dropDatabase(env.databaseUrl, name);
  await ended;
  await expect(new pg.Client({ connectionString: url }).connect()).rejects.toThrow(
    /does not exist/,
  );
});
