import type { ClientBase } from "pg";

/** Tables with rows of projects; their partitions are the same rows. */
export async function tablesOf(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
     order by relname`,
  );
  return rows.map((row) => row.name);
}

interface Column {
  name: string;
  type: string;
  /** Of the table's checks, those that speak of this column alone. */
  checks: string[];
}

/**
 * Writes a row that the table takes, for whatever columns it has, so that a new table is tested
 * without a word. Foreign keys have to be off.
 */
export async function insertAnyRow(
  client: ClientBase,
  table: string,
  projectId: string,
): Promise<void> {
  const { rows: columns } = await client.query<Column>(
    `select a.attname as name, format_type(a.atttypid, null) as type,
            coalesce(array_agg(pg_get_constraintdef(c.oid)) filter (where c.oid is not null), '{}') as checks
     from pg_attribute a
     left join pg_constraint c on c.conrelid = a.attrelid and c.contype = 'c' and c.conkey = array[a.attnum]
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
       and a.attnotnull and not a.atthasdef and a.attidentity = ''
     group by a.attnum, a.attname, a.atttypid order by a.attnum`,
    [table],
  );
  const values = columns.map((column) => (column.name === "project_id" ? projectId : any(column)));
  const places = columns.map((_, i) => `$${i + 1}`);
  await client.query(
    `insert into ${table} (${columns.map((column) => column.name).join(", ")}) values (${places.join(", ")})`,
    values,
  );
}

function any({ name, type, checks }: Column): unknown {
  // CHECK ((state = ANY (ARRAY['waiting'::text, …])))
  const [, listed] = /ARRAY\['([^']+)'::text/.exec(checks.join()) ?? [];
  if (listed !== undefined) return listed === "example" ? "withdraw" : listed;
  switch (type) {
    case "uuid":
      return name === "prediction_id" ? uuid7Now() : crypto.randomUUID();
    case "text":
      return "x";
    case "text[]":
    case "bigint[]":
      return [];
    case "bytea":
      return Buffer.from("x");
    case "jsonb":
      return "{}";
    case "boolean":
      return false;
    case "timestamp with time zone":
      return new Date();
    case "smallint":
    case "integer":
    case "bigint":
    case "real":
      return 1;
    default:
      throw new Error(`teach this what a ${type} looks like`);
  }
}

/** Predictions live in the partition of their id's day. */
function uuid7Now(): string {
  const ms = Date.now().toString(16).padStart(12, "0");
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}
