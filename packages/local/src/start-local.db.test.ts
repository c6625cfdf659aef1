import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";

import { serverAccount } from "./account.ts";
import { closedTo, openCacheDir } from "./cache-dir.ts";
import { dockerEngine } from "./docker-engine.ts";
import { type Local, startLocal } from "./start-local.ts";

// The folder of the servers, in a path with a space; root's servers have to be able to enter it.
const folder = mkdtempSync(join(tmpdir(), "start local "));
const env: Record<string, string | undefined> = {
  ...process.env,
  DATABASE_URL: undefined,
  REDIS_URL: undefined,
  GROUNDSWELL_INFRA: undefined,
  GROUNDSWELL_INSTANCE: undefined,
  GROUNDSWELL_CACHE_DIR: join(folder, "cache"),
};
const script = join(folder, "owner.ts");

/** A process that owns the servers until it is killed. */
const OWNER = `
import { startLocal } from ${JSON.stringify(
  pathToFileURL(join(import.meta.dirname, "start-local.ts")).href,
)};
const local = await startLocal({ checkout: process.cwd(), name: "kept", durable: true });
process.send({ databaseUrl: local.databaseUrl, redisUrl: local.redisUrl });
process.on("message", () => local.stop().then(() => process.disconnect()));
`;

beforeAll(() => {
  chmodSync(folder, 0o755);
  writeFileSync(script, OWNER);
  // Unpacking Redis from the distribution's packages again would need the network.
  const cache = openCacheDir(process.env, serverAccount());
  const unpacked = join(cache, `redis-apt-${process.arch}`);
  if (existsSync(unpacked))
    cpSync(unpacked, join(folder, "cache", `redis-apt-${process.arch}`), {
      recursive: true,
      verbatimSymlinks: true,
    });
});
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 3 }));

let owner: ChildProcess | undefined;
let local: Local | undefined;
afterEach(async () => {
  owner?.kill("SIGKILL");
  await local?.stop();
  local = undefined;
});

type Urls = Pick<Local, "databaseUrl" | "redisUrl">;

async function startOwner(as?: { uid: number; gid: number }, more: typeof env = {}): Promise<Urls> {
  owner = fork(script, {
    cwd: folder,
    execArgv: [],
    env: { ...env, ...more },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    ...as,
  });
  const exit = once(owner, "exit").then(([code]) => Promise.reject(new Error(`exit ${code}`)));
  const [urls] = (await Promise.race([once(owner, "message"), exit])) as [Urls];
  exit.catch(() => {}); // from here on it is killed, or ends, as the test wants
  return urls;
}

async function query(databaseUrl: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("error", () => {}); // what was asked is rejected too
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function refuses(databaseUrl: string): Promise<boolean> {
  const answer = await query(databaseUrl, "select 1").catch(
    (error: { code?: string }) => error.code,
  );
  return answer === "ECONNREFUSED";
}

const kept = () => startLocal({ checkout: folder, name: "kept", durable: true, env });

test("a killed owner leaves no server behind and loses no data; a second start is refused", async () => {
  const first = await startOwner();
  await query(first.databaseUrl, "create table note as select 'kept' as text");
  const redis = new Redis(first.redisUrl);
  await redis.set("note", "kept");
  redis.disconnect();
  await expect(kept()).rejects.toThrow(
    `"kept" of this checkout runs already, as process ${owner?.pid}: stop it, or set GROUNDSWELL_INSTANCE`,
  );
  await query(first.databaseUrl, "insert into note values ('last')");
  owner?.kill("SIGKILL");
  await vi.waitUntil(() => refuses(first.databaseUrl), { timeout: 20_000, interval: 30 });

  local = await kept();
  const rows = await query(local.databaseUrl, "select text from note");
  expect(rows).toEqual([{ text: "kept" }, { text: "last" }]);
  const again = new Redis(local.redisUrl);
  expect(await again.config("GET", "appendonly")).toEqual(["appendonly", "yes"]);
  expect(await again.get("note")).toBe("kept");
  again.disconnect();
});

test("a start right after a kill waits for the old servers to end", async () => {
  await startOwner();
  owner?.kill("SIGKILL");
  if (owner?.exitCode === null) await once(owner, "exit");
  local = await kept();
  expect(await query(local.databaseUrl, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("another name is another instance, beside the first", async () => {
  local = await kept();
  const named = { ...env, GROUNDSWELL_INSTANCE: "second" };
  const second = await startLocal({ checkout: folder, name: "kept", durable: true, env: named });
  expect(second.databaseUrl).not.toBe(local.databaseUrl);
  expect(second.dir).not.toBe(local.dir);
  await second.stop();
});

test("a throw-away instance leaves nothing on disk", async () => {
  const one = await startLocal({ checkout: folder, name: "test", durable: false, env });
  expect(existsSync(one.dir)).toBe(true);
  await one.stop();
  expect(existsSync(one.dir)).toBe(false);
});

test("given servers are used as they are", async () => {
  const given = { ...env, DATABASE_URL: "postgres://db/app", REDIS_URL: "redis://cache" };
  const one = await startLocal({ checkout: folder, name: "given", durable: false, env: given });
  expect(one).toMatchObject({
    databaseUrl: "postgres://db/app",
    redisUrl: "redis://cache",
    sources: { postgres: "DATABASE_URL", redis: "REDIS_URL" },
  });
  await one.stop();
});

/** SIGKILL to what the note beside its data says is the server. */
function kill(dir: string, server: "postgres" | "redis"): number {
  const { pid } = JSON.parse(readFileSync(join(dir, `${server}.pid`), "utf8")) as { pid: number };
  process.kill(pid, "SIGKILL");
  return pid;
}

test("servers that are killed come back on the same data and ports", async () => {
  const said: string[] = [];
  const watch = {
    onEnded: (name: string) => said.push(`${name} ended`),
    onRestarted: ({ name }: { name: string }) => said.push(`${name} is back`),
  };
  local = await startLocal({ checkout: folder, name: "healed", durable: true, env, watch });
  const { databaseUrl, redisUrl, dir } = local;
  const redis = new Redis(redisUrl);
  redis.on("error", () => {}); // it is about to be cut off
  await query(databaseUrl, "create table note (text text)");
  await redis.set("note", "kept");
  // A backend that works on when the postmaster dies still holds the shared memory.
  const working = query(databaseUrl, "select count(*) from generate_series(1, 30000000)");
  working.catch(() => {}); // it is cut off as well
  for (const round of ["first", "second"]) {
    await query(databaseUrl, `insert into note values ('${round}')`);
    kill(dir, "postgres");
    kill(dir, "redis");
    const back = said.length + 4;
    await vi.waitUntil(() => said.length >= back, { timeout: 30_000, interval: 30 });
  }
  const twice = (what: string) => said.filter((one) => one === what).length === 2;
  expect(
    ["PostgreSQL ended", "PostgreSQL is back", "Redis ended", "Redis is back"].filter(twice),
  ).toHaveLength(4);
  const rows = await query(databaseUrl, "select text from note");
  expect(rows).toEqual([{ text: "first" }, { text: "second" }]);
  expect(await redis.get("note")).toBe("kept");
  redis.disconnect();
});

test("a server that can't come back is given up, with the reason", async () => {
  const lost = Promise.withResolvers<Error>();
  const watch = { onLost: lost.resolve, giveUpAfterMs: 300 };
  local = await startLocal({ checkout: folder, name: "lost", durable: false, env, watch });
  rmSync(join(local.dir, "postgres", "global", "pg_control"));
  kill(local.dir, "postgres");
  const { message } = await lost.promise;
  expect(message).toMatch(/^PostgreSQL could not be brought up again for 0 s/);
  expect(message).toContain("pg_control");
});

test("a server that is stopped while it comes back stays down", async () => {
  local = await startLocal({ checkout: folder, name: "stopped", durable: false, env });
  kill(local.dir, "postgres");
  const { databaseUrl } = local;
  await local.stop();
  local = undefined;
  expect(await refuses(databaseUrl)).toBe(true);
});

test("an ordinary user runs it as well as root", async (context) => {
  const account = serverAccount();
  if (!account) return context.skip("this test runs as an ordinary user: so did all others");
  const closed = closedTo(account, import.meta.dirname);
  if (closed) return context.skip(`${account.name} can't enter ${closed} to run the test`);
  const home = join(folder, "home");
  cpSync(join(folder, "cache"), home, { recursive: true, verbatimSymlinks: true });
  rmSync(join(home, "instances"), { recursive: true, force: true });
  chownSync(home, account.uid, account.gid);
  const urls = await startOwner(account, { GROUNDSWELL_CACHE_DIR: home });
  const rows = await query(urls.databaseUrl, "select current_setting('data_directory') as dir");
  expect(rows).toEqual([{ dir: expect.stringContaining(home) }]);
});

test("containers, where a Docker engine runs", async (context) => {
  if (!(await dockerEngine(process.env))) return context.skip("no Docker engine answers here");
  const docker = { ...env, GROUNDSWELL_INFRA: "docker" };
  local = await startLocal({ checkout: folder, name: "docker", durable: false, env: docker });
  expect(local.sources.postgres).toMatch(/^Docker, postgres:18/);
  expect(await query(local.databaseUrl, "show fsync")).toEqual([{ fsync: "on" }]);
  const redis = new Redis(local.redisUrl);
  expect(await redis.ping()).toBe("PONG");
  redis.disconnect();
});
