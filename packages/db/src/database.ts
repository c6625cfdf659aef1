import { parseExact } from "@groundswell/contracts";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";

import { nodePostgres } from "./drizzle.ts";
import * as schema from "./schema.ts";

/** What a connection may see and do: see `migrations/0001_loop.sql`, and DESIGN §5. */
export type Role = "request" | "accept" | "worker" | "maintenance";

export type Drizzle = NodePgDatabase<typeof schema>;

/** One statement at a time, on whichever connection is free, or inside one transaction. */
export interface Queries {
  query<Row extends object>(
    text: string,
    values?: readonly unknown[],
    /** Prepared once on each connection under this name. */
    name?: string,
  ): Promise<Row[]>;
  readonly drizzle: Drizzle;
}

export interface Database extends Queries {
  readonly role: Role;
  /** All or nothing. Retries nothing: what may be tried again is the caller's to know. */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  close: () => Promise<void>;
}

export interface OpenOptions {
  role: Role;
  /** Connections at most. */
  max?: number;
  /** Shown in pg_stat_activity. */
  name?: string;
}

function queriesOf(client: pg.Pool | pg.PoolClient): Queries {
  return {
    async query<Row extends object>(text: string, values?: readonly unknown[], name?: string) {
      const { rows } = await client.query<Row>({
        text,
        ...(values ? { values: [...values] } : {}),
        ...(name ? { name } : {}),
      });
      return rows;
    },
    drizzle: nodePostgres.drizzle(client, { schema }),
  };
}

/** Connects as `role`, which owns nothing and has no way round row-level security. */
export function openDatabase(
  connectionString: string,
  { role, max = 4, name = "groundswell" }: OpenOptions,
): Database {
  const pool = new pg.Pool({
    connectionString,
    max,
    application_name: name,
    options: `-c role=gs_${role}`,
    idleTimeoutMillis: 0,
    types: { getTypeParser: parserOf },
  });
  // A connection that breaks while idle, or under a query, is reported to whoever runs the query;
  // unlistened, either event would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));

  return {
    role,
    ...queriesOf(pool),
    async transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query("begin");
        const result = await work(queriesOf(client));
        await client.query("commit");
        return result;
      } catch (error) {
        // A failed rollback leaves a transaction open: such a connection is thrown away.
        await client.query("rollback").catch((cause: Error) => (broken = cause));
        throw error;
      } finally {
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

const INT8 = 20;
const INT8_ARRAY = 1016;
const JSONB = 3802;
const bigint = (text: string) => Number(text);

/** bigint comes as a string otherwise; ours stay far below 2^53. Numbers in jsonb are as they were sent. */
const parserOf = ((oid: number, format?: "text" | "binary") => {
  if (oid === INT8) return bigint;
  if (oid === JSONB) return parseExact;
  if (oid === INT8_ARRAY)
    return (text: string) => (text === "{}" ? [] : text.slice(1, -1).split(",").map(bigint));
  return pg.types.getTypeParser(oid, format as "text");
}) as typeof pg.types.getTypeParser;

/**
 * The one door of a request to its project: inside, row-level security lets it see nothing else.
 *
 * @throws whatever `work` throws; the transaction is rolled back
 */
export function withProject<T>(
  database: Database,
  projectId: string,
  work: (tx: Queries) => Promise<T>,
): Promise<T> {
  return database.transaction(async (tx) => {
    await tx.query("select set_config('app.project_id', $1, true)", [projectId], "with-project");
    return work(tx);
  });
}

/**
 * A 2xx means "on disk": refuses to run on a server that was told otherwise.
 *
 * @throws Error that names each setting that is off
 */
export async function assertDurable(database: Queries): Promise<void> {
  const off = await database.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings
     where name in ('fsync', 'full_page_writes', 'synchronous_commit')
       and setting in ('off', 'local')`,
  );
  if (off.length > 0)
    throw new Error(
      `PostgreSQL may lose what it confirmed: ${off.map((row) => `${row.name} is ${row.setting}`).join(", ")}. ` +
        "Set it to on; Groundswell answers 2xx only for what is on disk.",
    );
}
