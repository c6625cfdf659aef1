import type pg from "pg";

/** An index that is made while others write. */
export interface ConcurrentIndex {
  name: string;
  table: string;
  /** From the method or the columns on: `(project_id, subject_id) WHERE …`. */
  rest: string;
}

const STATEMENT =
  /^(?:\s|--[^\n]*\n)*create\s+index\s+concurrently\s+(\w+)\s+on\s+(\w+)\s+([^]+?);?\s*$/i;

/** @returns undefined for any other statement */
export function concurrentIndex(statement: string): ConcurrentIndex | undefined {
  const [, name, table, rest] = STATEMENT.exec(statement) ?? [];
  return name && table && rest ? { name, table, rest } : undefined;
}

/**
 * Makes an index as the owner of its table, outside of a transaction, without holding up anybody
 * who writes. PostgreSQL refuses that for a partitioned table: there each partition gets its own,
 * and they are attached to one that the table has by name. What an attempt left that was broken off
 * is made anew.
 */
export async function indexConcurrently(client: pg.Client, index: ConcurrentIndex): Promise<void> {
  const { name, table, rest } = index;
  await client.query("set role gs_maintenance");
  // The builder waits for every transaction that is open: that may be long, and holds up nobody.
  await client.query("set lock_timeout = 0");
  try {
    if (!(await isPartitioned(client, table))) {
      await makeValid(client, { name, table, rest });
      return;
    }
    await client.query(`create index if not exists ${name} on only ${table} ${rest}`);
    for (const partition of await withoutIndex(client, index)) {
      const own = `${name}${partition.slice(table.length)}`;
      await makeValid(client, { name: own, table: partition, rest });
      await client.query(`alter index ${name} attach partition ${own}`);
    }
  } finally {
    await client.query("reset lock_timeout");
    await client.query("reset role");
  }
}

async function makeValid(client: pg.Client, { name, table, rest }: ConcurrentIndex): Promise<void> {
  const { rows } = await client.query<{ valid: boolean }>(
    "select indisvalid as valid from pg_index where indexrelid = to_regclass($1)",
    [name],
  );
  if (rows[0]?.valid) return;
  await client.query(`drop index concurrently if exists ${name}`);
  await client.query(`create index concurrently ${name} on ${table} ${rest}`);
}

async function isPartitioned(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ relkind: string }>(
    "select relkind from pg_class where oid = to_regclass($1)",
    [table],
  );
  if (!rows[0]) throw new Error(`There is no table ${table}`);
  return rows[0].relkind === "p";
}

/** Partitions made meanwhile have theirs: they take the table's indexes over. */
async function withoutIndex(client: pg.Client, { name, table }: ConcurrentIndex) {
  const { rows } = await client.query<{ partition: string }>(
    `select p.inhrelid::regclass::text as partition from pg_inherits p
     where p.inhparent = $1::regclass and not exists (
       select from pg_inherits i join pg_index x on x.indexrelid = i.inhrelid
       where i.inhparent = $2::regclass and x.indrelid = p.inhrelid)
     order by 1`,
    [table, name],
  );
  return rows.map((row) => row.partition);
}
