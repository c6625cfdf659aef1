import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { testEnv } from "@groundswell/local/testing";
import pg from "pg";
import { afterAll, expect, test } from "vitest";

import { migrateDatabase } from "./migrate.ts";

const env = await testEnv();
const client = new pg.Client({ connectionString: env.databaseUrl });
await client.connect();
const folder = mkdtempSync(join(tmpdir(), "groundswell-migrations-"));
mkdirSync(join(folder, "meta"));
afterAll(async () => {
  await client.end();
  rmSync(folder, { recursive: true });
});

/** After all that the test database has already. */
const NEXT = 4_000_000_000_000;

/** Brings the database up to these files, on top of its own. */
function migrate(files: Record<string, string>): Promise<void> {
  const tags = Object.keys(files).toSorted();
  for (const tag of tags) writeFileSync(join(folder, `${tag}.sql`), files[tag] ?? "");
  const entries = tags.map((tag, idx) => ({ idx, tag, when: NEXT + idx, breakpoints: true }));
  writeFileSync(join(folder, "meta/_journal.json"), JSON.stringify({ entries }));
  return migrateDatabase(env.databaseUrl, { folder });
}

const owned = (statements: string) => `set local role gs_maintenance;
--> statement-breakpoint
${statements}`;

const fruit = {
  "01_fruit": owned(
    `create table fruit (project_id uuid, name text) partition by list (name);
     create table fruit_apples partition of fruit for values in ('apple');
     create table fruit_pears partition of fruit for values in ('pear');
     insert into fruit select gen_random_uuid(), 'apple' from generate_series(1, 100)`,
  ),
  "02_by_name": `-- While others write.
create index concurrently fruit_by_project on fruit (project_id) where name <> 'plum';
`,
};

test("a file that fails leaves those before it in force, and nothing of itself", async () => {
  const broken = { ...fruit, "03_colours": owned("create table colours (); select 1 / 0") };
  await expect(migrate(broken)).rejects.toThrow("division by zero");
  const { rows } = await client.query(
    "select to_regclass('fruit') is not null as fruit, to_regclass('colours') is null as gone",
  );
  expect(rows).toEqual([{ fruit: true, gone: true }]);
  await migrate({ ...fruit, "03_colours": owned("create table colours ()") });
  await migrate({ ...fruit, "03_colours": owned("create table colours ()") });
});

test("an index made concurrently is whole: on each partition, on later ones too", async () => {
  await client.query("create table fruit_plums partition of fruit for values in ('plum')");
  const { rows } = await client.query(
    `select x.indrelid::regclass::text as "on", x.indisvalid as valid from pg_index x
     where x.indexrelid = 'fruit_by_project'::regclass
        or x.indexrelid in (select inhrelid from pg_inherits where inhparent = 'fruit_by_project'::regclass)
     order by 1`,
  );
  const on = ["fruit", "fruit_apples", "fruit_pears", "fruit_plums"];
  expect(rows).toEqual(on.map((table) => ({ on: table, valid: true })));
});

test("an index that was broken off is made anew", async () => {
  await client.query("create table nuts (name text)");
  await client.query("alter table nuts owner to gs_maintenance");
  await client.query("insert into nuts values ('hazel'), ('hazel')");
  const third = { ...fruit, "03_colours": owned("create table colours ()") };
  const nuts = { ...third, "04_nuts": "create index concurrently nuts_by_name on nuts (name);" };
  await client
    .query("create unique index concurrently nuts_by_name on nuts (name)")
    .catch(() => {}); // leaves an index that is not valid
  await migrate(nuts);
  const { rows } = await client.query(
    "select indisvalid, indisunique from pg_index where indexrelid = 'nuts_by_name'::regclass",
  );
  expect(rows).toEqual([{ indisvalid: true, indisunique: false }]);
});

test("the days to come are made beside whoever reads for long, and accepting goes on", async () => {
  const reader = new pg.Client({ connectionString: env.databaseUrl });
  await reader.connect();
  await reader.query("begin");
  await reader.query("select count(*) from inbox");
  await reader.query("select count(*) from predictions");
  await client.query("select make_day(current_date + i) from generate_series(20, 40) i");
  await client.query(
    "insert into inbox (project_id, received_at, items, body) values (gen_random_uuid(), now() + interval '30 days', 1, '')",
  );
  await reader.query("commit");
  await reader.end();
  const { rows } = await client.query(
    `select count(*)::int as days from pg_inherits
     where inhparent = 'inbox'::regclass and inhrelid::regclass::text = 'inbox_' || to_char(current_date + 40, 'YYYY_MM_DD')`,
  );
  expect(rows).toEqual([{ days: 1 }]);
});

test("a partition that is attached is like one made as such: indexes, no rights of its own", async () => {
  const { rows } = await client.query<{ parent: string; missing: number; granted: boolean }>(
    `select p.inhparent::regclass::text as parent,
       (select count(*) from pg_index x where x.indrelid = p.inhparent)::int
         - (select count(*) from pg_index x where x.indrelid = p.inhrelid)::int as missing,
       (select relacl is not null from pg_class where oid = p.inhrelid) as granted
     from pg_inherits p where p.inhparent in ('inbox'::regclass, 'events'::regclass, 'predictions'::regclass)`,
  );
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter(({ missing, granted }) => missing !== 0 || granted)).toEqual([]);
});
