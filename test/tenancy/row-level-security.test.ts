import { randomUUID } from "node:crypto";

import { assertDurable, makeDays, openDatabase, withProject } from "@groundswell/db";
import { testEnv } from "@groundswell/local/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";

import { openDatabases } from "../setup/project.ts";
import { insertAnyRow, tablesOf } from "./any-row.ts";
import { complaintsAboutSecurity } from "./security-complaints.ts";

const env = await testEnv();
const databases = openDatabases(env.databaseUrl);
/** Whoever made the database: row-level security does not bind it. */
const admin = new pg.Client({ connectionString: env.databaseUrl });
await admin.connect();
afterAll(async () => {
  await admin.end();
  await databases.close();
});

const tables = await tablesOf(admin);
const ours = randomUUID();
const theirs = randomUUID();

beforeAll(async () => {
  await admin.query("set session_replication_role = replica");
  for (const table of tables) await insertAnyRow(admin, table, theirs);
  await admin.query("set session_replication_role = origin");
});

test("there are tables to look at", () => {
  expect(tables.length).toBeGreaterThan(25);
});

test("every table forces its policies, and no role has a way round them", async () => {
  expect(await complaintsAboutSecurity(admin)).toEqual([]);
});

test("a new table without policies is complained about", async () => {
  await admin.query("begin");
  await admin.query("create table careless (project_id uuid, secret text)");
  await admin.query("grant select on careless to gs_request");
  await admin.query("create table keyless (id int primary key)");
  const complaints = await complaintsAboutSecurity(admin);
  await admin.query("rollback");
  expect(
    complaints.map((complaint) => complaint.replace(/owned by .*/, "owned by somebody")),
  ).toEqual([
    "careless: no policy for gs_request that keeps it to its project",
    "careless: owned by somebody",
    "careless: row-level security is not forced",
    "careless: the primary key does not begin with project_id",
    "keyless: no policy for gs_request that keeps it to its project",
    "keyless: owned by somebody",
    "keyless: row-level security is not forced",
    "keyless: the primary key does not begin with project_id",
  ]);
});

test("a grant on a partition is complained about: read directly, it bypasses its parent's policy", async () => {
  await makeDays(databases.maintenance, new Date("2040-01-01"), 0);
  expect(await complaintsAboutSecurity(admin)).toEqual([]);
  await admin.query("begin");
  await admin.query("grant select on inbox_2040_01_01 to gs_worker");
  const complaints = await complaintsAboutSecurity(admin);
  await admin.query("rollback");
  expect(complaints).toEqual(["inbox_2040_01_01: a partition is granted to gs_worker"]);
});

test.each(tables.map((table) => [table]))(
  "%s: another project's row is neither seen nor written",
  async (table) => {
    const [stored] = (
      await admin.query(`select count(*)::int as n from ${table} where project_id = $1`, [theirs])
    ).rows;
    expect(stored).toEqual({ n: 1 });
    const asUs = <T>(text: string, values: unknown[] = [theirs]) =>
      withProject(databases.request, ours, (tx) => tx.query<T & object>(text, values)).catch(
        (error: unknown) => (error as { code: string }).code,
      );
    const DENIED = "42501";
    const seen = await asUs<{ n: number }>(
      `select count(*)::int as n from ${table} where project_id = $1`,
    );
    expect([DENIED, [{ n: 0 }]]).toContainEqual(seen);
    for (const write of [
      `update ${table} set project_id = project_id where project_id = $1 returning 1`,
      `delete from ${table} where project_id = $1 returning 1`,
    ])
      expect([DENIED, []]).toContainEqual(await asUs(write));
    const [{ row } = { row: {} }] = (
      await admin.query<{ row: object }>(
        `select to_jsonb(t) as row from ${table} t where project_id = $1`,
        [theirs],
      )
    ).rows;
    const copied = await asUs(
      `insert into ${table} overriding system value select * from jsonb_populate_record(null::${table}, $1)`,
      [JSON.stringify(row)],
    );
    expect(copied).toBe(DENIED);
  },
);

test("a query that names no project fails, in place of finding nothing", async () => {
  const one = openDatabase(env.databaseUrl, { role: "request", max: 1 });
  await expect(one.query("select * from models")).rejects.toThrow(/app.project_id/);
  // Nor does a project linger on the connection for the next request.
  await withProject(one, ours, (tx) => tx.query("select 1"));
  await expect(one.query("select * from models")).rejects.toThrow(/uuid: ""/);
  await one.close();
});

test("the accept role puts batches in, and reads nothing back", async () => {
  await expect(databases.accept.query("select body from inbox")).rejects.toThrow(
    /permission denied/,
  );
  await expect(databases.accept.query("select * from api_keys")).rejects.toThrow(
    /permission denied/,
  );
  await expect(databases.accept.query("select * from projects")).rejects.toThrow(
    /permission denied/,
  );
});

test("a server that may lose what it confirmed is refused", async () => {
  await assertDurable(databases.accept);
  const name = new URL(env.databaseUrl).pathname.slice(1);
  await admin.query(`alter database ${name} set synchronous_commit = off`);
  const careless = openDatabase(env.databaseUrl, { role: "accept", max: 1 });
  await expect(assertDurable(careless)).rejects.toThrow(/synchronous_commit is off/);
  await careless.close();
  await admin.query(`alter database ${name} reset synchronous_commit`);
});
