import { fileURLToPath } from "node:url";

import pg from "pg";

import { migrationFiles } from "./drizzle.ts";
import { concurrentIndex, indexConcurrently } from "./index-concurrently.ts";

const FOLDER = fileURLToPath(new URL("../../../migrations", import.meta.url));
/** Two services may start at once: the second waits for the first. */
const LOCK = 7_272_741;
/** Whoever waits for a lock on a table makes all others wait behind: better to give up, and try again. */
const LOCK_TIMEOUT = "10s";

type Migration = ReturnType<typeof migrationFiles.readMigrationFiles>[number];

export interface MigrateOptions {
  /** Of `NNNN_name.sql` and the journal that puts them in order. */
  folder?: string;
}

/**
 * Brings a database up to the newest migration, and makes the partitions of the coming week.
 *
 * Each file is a transaction of its own, so that its locks end with it; a statement that must not
 * be in one (`CREATE INDEX CONCURRENTLY`) stands in a file without any others of another kind, and
 * can be run again where it was broken off. A file that fails leaves those before it in force.
 */
export async function migrateDatabase(
  connectionString: string,
  { folder = FOLDER }: MigrateOptions = {},
): Promise<void> {
  const client = new pg.Client({ connectionString, application_name: "groundswell migrate" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
    const done = await migrationsDone(client);
    for (const migration of migrationFiles.readMigrationFiles({ migrationsFolder: folder }))
      if (!done.has(migration.folderMillis)) await apply(client, migration);
    await client.query("set role gs_maintenance");
    await client.query("select make_day(current_date + i) from generate_series(-1, 7) i");
  } finally {
    await client.end();
  }
}

/** The table in which drizzle's own migrator, that ran here first, keeps what was done. */
const DONE = "drizzle.__drizzle_migrations";

/** Numbers may come out of order: two branches took theirs at the same time. */
async function migrationsDone(client: pg.Client): Promise<Set<number>> {
  await client.query("create schema if not exists drizzle");
  await client.query(
    `create table if not exists ${DONE} (id serial primary key, hash text not null, created_at bigint)`,
  );
  const { rows } = await client.query<{ created_at: string }>(`select created_at from ${DONE}`);
  return new Set(rows.map(({ created_at }) => Number(created_at)));
}

async function apply(client: pg.Client, { sql, hash, folderMillis }: Migration): Promise<void> {
  const statements = sql.filter((statement) => statement.trim() !== "");
  const indexes = statements.map(concurrentIndex).filter((index) => index !== undefined);
  const note = () =>
    client.query(`insert into ${DONE} (hash, created_at) values ($1, $2)`, [hash, folderMillis]);
  if (indexes.length > 0) {
    if (indexes.length < statements.length)
      throw new Error("CREATE INDEX CONCURRENTLY stands in a migration of its own");
    for (const index of indexes) await indexConcurrently(client, index);
    await note();
    return;
  }
  await client.query("begin");
  try {
    for (const statement of statements) await client.query(statement);
    await client.query("reset role");
    await note();
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** Makes a database, as a copy of `template` where one is named. @returns its connection string */
export async function createDatabase(
  adminUrl: string,
  name: string,
  template?: string,
): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const from = template ? ` template ${client.escapeIdentifier(template)}` : "";
    await client.query(`create database ${client.escapeIdentifier(name)}${from}`);
  } finally {
    await client.end();
  }
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}
