import { testEnv } from "@groundswell/local/testing";
import { expect, test } from "vitest";

import { openDatabase } from "./database.ts";
import { orm, pgCore } from "./drizzle.ts";
import * as schema from "./schema.ts";

interface Column {
  table_name: string;
  column_name: string;
  type: string;
  not_null: boolean;
}

test("the drizzle schema names the tables and columns that the migrations make", async () => {
  const env = await testEnv();
  const database = openDatabase(env.databaseUrl, { role: "maintenance" });
  const found = await database.query<Column>(
    `select c.relname as table_name, a.attname as column_name,
            format_type(a.atttypid, null) as type, a.attnotnull as not_null
     from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and not c.relispartition and a.attnum > 0 and not a.attisdropped`,
  );
  await database.close();

  const described = Object.values(schema).flatMap((table) => {
    const { name, columns } = pgCore.getTableConfig(table);
    return columns.map((column) => ({
      table_name: name,
      column_name: column.name,
      type: column.getSQLType(),
      not_null: column.notNull,
    }));
  });
  const key = (column: Column) => `${column.table_name}.${column.column_name}`;
  const sorted = (columns: Column[]) => columns.toSorted((a, b) => key(a).localeCompare(key(b)));
  expect(orm.is(schema.inbox, pgCore.PgTable)).toBe(true);
  expect(sorted(described)).toEqual(sorted(found));
});
