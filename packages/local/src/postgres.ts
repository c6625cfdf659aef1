import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";

import pg from "pg";

import type { Account } from "./account.ts";
import { keepServer, type ServerWatch } from "./kept-server.ts";
import { stagePostgres } from "./postgres-binaries.ts";
import { onFreePort } from "./server-process.ts";

/** A database server that answers at `url`, and how to end it. */
export interface RunningServer {
  url: string;
  /** Where it came from, for people. */
  source: string;
  stop: () => Promise<void>;
}

export interface EmbeddedOptions {
  /** Folder of the instance. */
  dir: string;
  cacheDir: string;
  account: Account | undefined;
  durable: boolean;
  env: Record<string, string | undefined>;
  watch: ServerWatch;
}

/**
 * `fsync`, `full_page_writes` and `synchronous_commit` keep their default, on, also for
 * test clusters: the services refuse to start without them.
 */
const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "256MB",
  max_wal_size: "4GB",
  checkpoint_timeout: "15min",
  timezone: "UTC",
  log_timezone: "UTC",
};

/** What it has to read again after a crash can be all of `max_wal_size`. */
const RECOVERED_WITHIN_MS = 600_000;

/** A real PostgreSQL from the npm package, on a free port of the loopback interface. */
export async function embeddedPostgres(options: EmbeddedOptions): Promise<RunningServer> {
  const { dir, account } = options;
  const home = stagePostgres(options.cacheDir);
  const data = join(dir, "postgres");
  const password = keptPassword(join(dir, "postgres.password"));
  const env = serverEnvironment(options.env);
  if (!existsSync(join(data, "READY"))) await initialise({ ...options, env, home, data, password });
  return onFreePort(async (port) => {
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
    const settings = Object.entries({ ...SETTINGS, port: String(port) });
    const server = await keepServer({
      ...options.watch,
      name: "PostgreSQL",
      file: join(home, "bin", "postgres"),
      args: ["-D", data, ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      cwd: data,
      env,
      account,
      record: data,
      // SIGINT is the fast shutdown; SIGQUIT ends at once and leaves the rest to recovery.
      signals: { stop: "INT", force: "SIGQUIT" },
      ready: () => answers(url),
      readyWithinMs: RECOVERED_WITHIN_MS,
    });
    return { url, source: `embedded ${basename(home)}`, stop: server.stop };
  });
}

interface InitialiseOptions extends EmbeddedOptions {
  home: string;
  data: string;
  password: string;
}

/** `READY` is written last: a cluster whose initdb was killed is made anew. */
async function initialise(options: InitialiseOptions): Promise<void> {
  const { data, account } = options;
  const secret = `${data}.initial-password`;
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  rmSync(secret, { force: true });
  writeFileSync(secret, `${options.password}\n`, { mode: 0o600 });
  if (account) for (const path of [data, secret]) chownSync(path, account.uid, account.gid);
  await promisify(execFile)(
    join(options.home, "bin", "initdb"),
    [
      `--pgdata=${data}`,
      "--username=postgres",
      `--pwfile=${secret}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--no-locale",
      // A throw-away cluster is not kept past its run: there is nothing to flush it for.
      ...(options.durable ? [] : ["--no-sync"]),
    ],
    {
      cwd: data,
      env: options.env,
      ...(account && { uid: account.uid, gid: account.gid }),
    },
  );
  rmSync(secret);
  writeFileSync(join(data, "READY"), "");
}

function keptPassword(file: string): string {
  if (existsSync(file)) return readFileSync(file, "utf8");
  const password = randomBytes(18).toString("base64url");
  writeFileSync(file, password, { mode: 0o600 });
  return password;
}

/** The libpq variables of the user's shell are meant for other servers. */
function serverEnvironment(env: EmbeddedOptions["env"]): EmbeddedOptions["env"] {
  const kept = Object.entries(env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: "C.UTF-8" };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {}); // ended by a server that is not up yet
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } finally {
    await client.end().catch(() => {}); // there was no connection to end
  }
}
