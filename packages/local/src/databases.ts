import pg from "pg";

/** A connection of somebody's that should have been closed. */
export interface OpenConnection {
  application: string;
  lastQuery: string;
}

/** Makes a database, a copy of `template` where one is named, and answers its URL. */
export async function createDatabase(
  adminUrl: string,
  name: string,
  template?: string,
): Promise<string> {
  await asAdmin(adminUrl, (client) =>
    client.query(
      `create database ${pg.escapeIdentifier(name)}` +
        (template === undefined ? "" : ` template ${pg.escapeIdentifier(template)}`),
    ),
  );
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Drops a database, ending whatever connections it has. */
export async function dropDatabase(adminUrl: string, name: string): Promise<void> {
  await asAdmin(adminUrl, (client) =>
    client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
  );
}

/**
 * The connections that a database still has. Closing one is not waited for by the client,
 * so they are given `withinMs` to go.
 */
export async function openConnections(
  adminUrl: string,
  name: string,
  withinMs: number,
): Promise<OpenConnection[]> {
  return asAdmin(adminUrl, async (client) => {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const { rows } = await client.query<OpenConnection>(
        `select application_name as application, left(query, 200) as "lastQuery"
           from pg_stat_activity
          where datname = $1 and backend_type = 'client backend'`,
        [name],
      );
      if (rows.length === 0 || performance.now() > deadline) return rows;
      await client.query("select pg_sleep(0.02)");
    }
  });
}

async function asAdmin<T>(adminUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
