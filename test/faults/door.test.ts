import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { type Crowd, idleWatchers, slowStrangers } from "@groundswell/local/door-crowd";
import { testEnv } from "@groundswell/local/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

import { type Databases, newProject, openDatabases } from "../setup/project.ts";
import { type ServiceProcess, serviceProcess } from "./service-process.ts";

// Latencies are `pnpm bench:door`'s to print; here is what has to hold on any machine.
const SLOW = 2_000;
const STREAMS = 1_000;
/** What one connection may cost the door, generously: the bound is that there is one. */
const MOST_MIB = 600;

const env = await testEnv();
let databases: Databases;
let services: ServiceProcess[] = [];
let door: ChildProcess;
let origin = "";
let key = "";
const crowds: Crowd[] = [];

beforeAll(async () => {
  databases = openDatabases(env.databaseUrl);
  const vars = {
    DATABASE_URL: env.databaseUrl,
    REDIS_URL: env.redisUrl,
    QUEUE_PREFIX: env.prefix,
    ARTIFACTS: env.artifacts,
  };
  services = await Promise.all(["ingest", "console"].map((name) => serviceProcess(name, vars)));
  await Promise.all(services.map((service) => service.start()));
  const [ingest = "", console = ""] = services.map((service) => service.origin);
  door = fork(resolve(import.meta.dirname, "../../scripts/door.ts"), {
    env: { ...process.env, INGEST: ingest, SERVE: console, CONSOLE: console, PORT: "0" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  const [{ ready }] = (await once(door, "message")) as [{ ready: string }];
  origin = ready;
  const project = await newProject(databases);
  key = await project.newKey("secret");
});

afterAll(async () => {
  for (const crowd of crowds) crowd.leave();
  door.kill("SIGTERM");
  await once(door, "exit");
  await Promise.all(services.map((service) => service.stop()));
  await databases.close();
});

const ask = (method: string, path: string, body?: object) =>
  fetch(`${origin}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });

const memoryOf = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1_024;

/** Of descriptors, that a process may have open here. */
function mostFiles(): number {
  const report = process.report.getReport() as { userLimits?: { open_files?: { hard: unknown } } };
  return Number(report.userLimits?.open_files?.hard ?? Infinity) || Infinity;
}

// Elsewhere memory is read in another way, and a process may not open so many connections.
test.skipIf(process.platform !== "linux" || mostFiles() < 3 * (SLOW + STREAMS))(
  "2,000 slow strangers and 1,000 idle event streams are in nobody's way",
  async () => {
    const run = await ask("POST", "/api/v1/models/digits/training-runs", {});
    const { id } = (await run.json()) as { id: string };
    const target = `/api/v1/models/digits/training-runs/${id}/events`;
    const watchers = await idleWatchers(origin, STREAMS, { target, key });
    crowds.push(watchers);
    expect(watchers.answers()).toEqual({ "HTTP/1.1 200 OK": STREAMS });
    const strangers = slowStrangers(origin, SLOW);
    crowds.push(strangers);

    const statuses: number[] = [];
    // Longer than the door's patience: many are sent away, and come again.
    for (const until = Date.now() + 14_000; Date.now() < until; await delay(50)) {
      const event = { type: "track", userId: "ann", event: "e", messageId: `${statuses.length}` };
      const [posted, read] = await Promise.all([
        ask("POST", "/v1/batch", { batch: [event] }),
        ask("GET", "/api/v1/project"),
      ]);
      statuses.push(posted.status, read.status);
    }
    expect(statuses.length).toBeGreaterThan(100);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(watchers.cut()).toBe(0);
    expect(watchers.open()).toBe(STREAMS);
    expect(strangers.cut()).toBeGreaterThan(0);
    expect(Object.keys(strangers.answers())).toEqual(["HTTP/1.1 408 Request Timeout"]);
    expect(memoryOf(door.pid)).toBeLessThan(MOST_MIB);
  },
);
