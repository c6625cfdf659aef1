import { fileURLToPath } from "node:url";

import pg from "pg";

import { migrator, nodePostgres } from "./drizzle.ts";

const FOLDER = fileURLToPath(new URL("../../../migrations", import.meta.url));
/** Two services may start at once: the second waits for the first. */
const LOCK = 7_272_741;

/** Brings a database up to the newest migration, and makes the partitions of the coming week. */
export async function migrateDatabase(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, application_name: "groundswell migrate" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await migrator.migrate(nodePostgres.drizzle(client), { migrationsFolder: FOLDER });
    await client.query("set role gs_maintenance");
    await client.query("select make_day(current_date + i) from generate_series(-1, 7) i");
  } finally {
    await client.end();
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
