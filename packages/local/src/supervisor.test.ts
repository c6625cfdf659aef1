import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, afterEach, expect, test, vi } from "vitest";

import { isRunning, processStart } from "./process-identity.ts";
import { freePort } from "./server-process.ts";
import { supervise, type Supervised, type SuperviseOptions } from "./supervisor.ts";

const folder = mkdtempSync(join(tmpdir(), "supervisor-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Says its pid at its port; drains on SIGTERM and with its parent, as every service does. */
const SERVICE = `
import { spawn } from "node:child_process";
import { createServer } from "node:http";
if (process.env.FAIL) { console.error("no database"); process.exit(3); }
if (process.env.HELPER) console.log("helper", spawn("sleep", ["1000"], { stdio: "ignore" }).pid);
const server = createServer((_request, response) => response.end(String(process.pid)));
server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
const drain = () => { console.log("drained"); server.close(); process.disconnect?.(); };
if (process.env.STUBBORN) process.on("SIGTERM", () => console.log("not now"));
else process.once("SIGTERM", drain);
process.once("disconnect", () => process.exit());
`;
const file = join(folder, "service.ts");
writeFileSync(file, SERVICE);

let supervised: Supervised | undefined;
let supervisor: ChildProcess | undefined;
afterEach(async () => {
  await supervised?.stop();
  supervised = undefined;
  supervisor?.kill("SIGKILL");
});

async function optionsFor(name: string, env: Record<string, string> = {}) {
  const port = await freePort();
  return {
    name,
    file,
    env: { ...process.env, PORT: String(port), ...env },
    logFile: join(folder, "logs", `${name}.log`),
    ready: `http://127.0.0.1:${port}/`,
    restartDelayMs: 10,
  } satisfies SuperviseOptions;
}

const pidAt = async (url: string) => Number(await (await fetch(url)).text());

async function gone(pid: number): Promise<void> {
  const started = processStart(pid);
  if (started === undefined) return;
  await vi.waitUntil(() => !isRunning({ pid, started }), { timeout: 15_000, interval: 20 });
}

test("a service that is killed comes back, each time", async () => {
  const options = await optionsFor("killed");
  supervised = await supervise(options);
  for (const times of [1, 2]) {
    const before = await pidAt(options.ready);
    expect(supervised.pid()).toBe(before);
    const ended = once(supervised.events, "ended");
    const restarted = once(supervised.events, "restarted");
    process.kill(before, "SIGKILL");
    expect(await ended).toEqual([{ name: "killed", code: null, signal: "SIGKILL" }]);
    expect(await restarted).toEqual([{ name: "killed", times, downMs: expect.any(Number) }]);
    expect(await pidAt(options.ready)).not.toBe(before);
  }
});

test("stopping drains; the log keeps what it said", async () => {
  const options = await optionsFor("drained");
  const one = await supervise(options);
  const pid = await pidAt(options.ready);
  await one.stop();
  expect(processStart(pid)).toBeUndefined();
  expect(one.pid()).toBeUndefined();
  expect(readFileSync(options.logFile, "utf8")).toBe("listening\ndrained\n");
});

test("one that does not drain in time is killed, with what it had started", async () => {
  const options = await optionsFor("stubborn", { STUBBORN: "1", HELPER: "1" });
  const one = await supervise({ ...options, stopWithinMs: 300 });
  const pid = await pidAt(options.ready);
  await one.stop();
  const log = readFileSync(options.logFile, "utf8");
  expect(log).toContain("not now");
  await gone(pid);
  await gone(Number(/helper (\d+)/.exec(log)?.[1]));
});

test("one that fails at its first start says why", async () => {
  await expect(supervise(await optionsFor("failing", { FAIL: "1" }))).rejects.toThrow(
    /failing ended while starting:\nno database/,
  );
});

test("stopping does not wait for the next restart", async () => {
  const options = await optionsFor("waiting");
  const one = await supervise({ ...options, restartDelayMs: 600_000, mostRestartDelayMs: 600_000 });
  const ended = once(one.events, "ended");
  process.kill(await pidAt(options.ready), "SIGKILL");
  await ended;
  await one.stop();
  expect(one.pid()).toBeUndefined();
});

test("no service outlives a supervisor that is killed", async () => {
  const options = await optionsFor("orphan");
  const script = join(folder, "supervisor.ts");
  const module = pathToFileURL(join(import.meta.dirname, "supervisor.ts")).href;
  writeFileSync(
    script,
    `import { supervise } from ${JSON.stringify(module)};
     await supervise(${JSON.stringify(options)});
     process.send("up");`,
  );
  supervisor = fork(script, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  await once(supervisor, "message");
  const pid = await pidAt(options.ready);
  supervisor.kill("SIGKILL");
  await gone(pid);
  await expect(fetch(options.ready)).rejects.toThrow("fetch failed");
});
