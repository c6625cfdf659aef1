import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ModelView, page } from "@groundswell/contracts";
import { connect } from "@groundswell/crowd";
import { freePort } from "@groundswell/local";
import { type TestEnv, testEnv } from "@groundswell/local/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import {
  addressIn,
  keyIn,
  START,
  type Started,
  startProcess,
  stop,
  UP,
} from "../setup/start-process.ts";

let servers: TestEnv;
let cache: string;

beforeAll(async () => {
  servers = await testEnv();
  cache = mkdtempSync(join(tmpdir(), "groundswell start "));
  chmodSync(cache, 0o755);
});
afterAll(() => rmSync(cache, { recursive: true, force: true }));

const environment = () => ({
  ...process.env,
  DATABASE_URL: servers.databaseUrl,
  REDIS_URL: servers.redisUrl,
  QUEUE_PREFIX: servers.prefix,
  GROUNDSWELL_CACHE_DIR: cache,
  GROUNDSWELL_INSTANCE: "test",
});

const start = (options: readonly string[], until?: string): Promise<Started> =>
  startProcess(options, environment(), until);

/** From /proc: a bare Debian has no `ps`. */
function childrenOf(pid: number | undefined): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => parentOf(child) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]);
  } catch {
    return undefined; // it has ended meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH
  }
}

describe("an empty platform", () => {
  test("comes up with keys that work, and again on the same data with the same keys", async () => {
    const port = await freePort();
    const first = await start(["--no-demo", "--port", String(port)]);
    const key = keyIn(first.output());
    expect(addressIn(first.output())).toBe(`http://127.0.0.1:${port}`);
    const client = connect({ origin: addressIn(first.output()), key });
    const { body } = await client.call("/api/v1/models", page(ModelView));
    expect(body.data).toEqual([]);
    const dashboard = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    expect(dashboard).toContain("<script");
    await client.close();

    const children = childrenOf(first.process.pid);
    expect(children.length).toBeGreaterThanOrEqual(6);
    await stop(first);
    expect(first.output()).toContain("Stopped.");
    expect(children.filter(isAlive)).toEqual([]);

    const second = await start(["--no-demo", "--port", String(port)]);
    expect(keyIn(second.output())).toBe(key);
    expect(second.output()).toContain("No models yet");
    await stop(second);
  });

  test("asked to stop while it comes up, it stops all the same", async () => {
    const early = await start(["--no-demo"], "starting PostgreSQL");
    const children = childrenOf(early.process.pid);
    await stop(early);
    expect(early.output()).not.toContain(UP);
    expect(children.filter(isAlive)).toEqual([]);
  });

  test("the keys lie in a file that only its owner can read", () => {
    const [instance = ""] = readdirSync(join(cache, "instances"));
    const { mode } = statSync(join(cache, "instances", instance, "project.json"));
    expect(mode & 0o777).toBe(0o600);
  });

  test("a port that is taken is left alone: the next free one is said", async () => {
    const holder = createServer();
    const port = await freePort();
    await new Promise<void>((listening) => holder.listen(port, "127.0.0.1", listening));
    const started = await start(["--no-demo", "--port", String(port)]);
    expect(addressIn(started.output())).not.toBe(`http://127.0.0.1:${port}`);
    expect(started.output()).toContain(`port ${port} is taken`);
    await stop(started);
    await new Promise((closed) => holder.close(closed));
  });
});

describe("a command line that can't be followed", () => {
  const run = (...options: string[]) =>
    spawnSync(process.execPath, [START, ...options], { env: environment(), encoding: "utf8" });

  test("is answered with what to write instead, and starts nothing", () => {
    const { status, stderr } = run("--demos", "messages");
    expect(status).toBe(2);
    expect(stderr).toBe("there is no option --demos: did you mean --demo?\n");
    expect(run("--demo", "messages").stderr).toContain("--data FILE.csv");
    expect(run("--demo", "messages", "--data", "nowhere.csv").stderr).toContain("nowhere.csv");
    expect(run("--fresh").stderr).toContain("DATABASE_URL");
  });

  test("help teaches", () => {
    const { status, stdout } = run("--help");
    expect(status).toBe(0);
    for (const word of ["--demo", "--no-demo", "--data", "DATABASE_URL", "Ctrl-C"])
      expect(stdout).toContain(word);
  });
});
