import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
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

test("a server that dies is reported", async () => {
  const lost = Promise.withResolvers<Error>();
  const options = { checkout: folder, name: "lost", durable: false, env };
  local = await startLocal({ ...options, onLost: lost.resolve });
  const redis = new Redis(local.redisUrl, { retryStrategy: () => null });
  redis.on("error", () => {}); // it is about to be cut off
  await redis.call("shutdown", "nosave").catch(() => {}); // the connection ends with the server
  expect((await lost.promise).message).toMatch(/redis-server|valkey-server/);
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
