import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

import { afterAll, afterEach, beforeAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "serve-until-signal-"));
const script = join(folder, "service.ts");

/** A service whose `/slow` answers when it is told to over its channel. */
const SERVICE = `
import { once } from "node:events";
import { createHttpApp, createLogger, serveUntilSignal } from ${JSON.stringify(
  pathToFileURL(join(import.meta.dirname, "index.ts")).href,
)};
const app = createHttpApp({ logger: createLogger({ service: "test", level: "silent" }), bodyLimit: 100 });
app.get("/slow", async (_request, reply) => {
  reply.raw.write("begun ");
  await once(process, "message");
  reply.raw.end("done");
});
const closing = [{ close: async () => process.stdout.write("closed ") }];
await serveUntilSignal(app, { host: "127.0.0.1", port: 0, closing, graceMs: Number(process.env.GRACE_MS) });
process.stdout.write("resolved");
`;

beforeAll(() => writeFileSync(script, SERVICE));
afterAll(() => rmSync(folder, { recursive: true }));

let child: ChildProcess;
afterEach(() => child.kill("SIGKILL"));

async function startService(graceMs = 60_000) {
  child = fork(script, {
    env: { ...process.env, GRACE_MS: String(graceMs) },
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const output = child.stdout ? text(child.stdout) : Promise.resolve("");
  const exit = once(child, "exit");
  const [message] = (await once(child, "message")) as [{ ready: string }];
  return { address: message.ready, output, exit };
}

/** A request that is under way: its answer has begun. */
async function slowRequest(address: string): Promise<{ answer: Promise<string> }> {
  const [response] = (await once(get(`${address}/slow`), "response")) as [IncomingMessage];
  return { answer: text(response) };
}

async function stopsListening(address: string): Promise<void> {
  const refused = async () => {
    const socket = get(`${address}/livez`);
    const [outcome] = await Promise.race([
      once(socket, "response").then(() => [false]),
      new Promise<[boolean]>((resolve) => socket.once("error", () => resolve([true]))),
    ]);
    socket.destroy();
    return outcome;
  };
  while (!(await refused()));
}

test("what is under way is answered before what it used is closed", async () => {
  const { address, output, exit } = await startService();
  const { answer } = await slowRequest(address);
  child.kill("SIGTERM");
  await stopsListening(address);
  child.send("finish");
  expect(await answer).toBe("begun done");
  expect(await exit).toEqual([0, null]);
  expect(await output).toBe("closed resolved");
});

test("the end of the parent is a signal too", async () => {
  const { output, exit } = await startService();
  child.disconnect();
  expect(await exit).toEqual([0, null]);
  expect(await output).toBe("closed resolved");
});

test("a second signal ends it at once", async () => {
  const { address, output, exit } = await startService();
  const { answer } = await slowRequest(address);
  const cut = answer.catch((error: Error) => error.message);
  child.kill("SIGINT");
  await stopsListening(address);
  child.kill("SIGINT");
  expect(await exit).toEqual([1, null]);
  expect(await output).toBe("");
  expect(await cut).toBe("aborted");
});

test("so does the end of its grace time", async () => {
  const { address, exit } = await startService(50);
  const { answer } = await slowRequest(address);
  const cut = answer.catch((error: Error) => error.message);
  child.kill("SIGTERM");
  expect(await exit).toEqual([1, null]);
  expect(await cut).toBe("aborted");
});
