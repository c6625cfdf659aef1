import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");

/** A real service in a process of its own, on one port through all its lives. */
export interface ServiceProcess {
  readonly origin: string;
  /** Resolves when it serves. */
  start: () => Promise<void>;
  /** SIGKILL: nothing is finished, nothing is said. */
  kill: () => Promise<void>;
  /** SIGTERM: it drains. */
  stop: () => Promise<void>;
  /** SIGSTOP: it stands still, without knowing. */
  pause: () => void;
  resume: () => void;
}

export async function serviceProcess(
  service: string,
  env: Record<string, string>,
): Promise<ServiceProcess> {
  const port = await freePort();
  let child: ChildProcess | undefined;

  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    start: async () => {
      child = fork(resolve(ROOT, `services/${service}/src/main.ts`), {
        env: { ...process.env, LOG_LEVEL: "error", ...env, HOST: "127.0.0.1", PORT: String(port) },
        stdio: ["ignore", "inherit", "inherit", "ipc"],
        execArgv: [],
      });
      const ended = once(child, "exit").then(() => {
        throw new Error(`${service} ended before it served`);
      });
      ended.catch(() => {}); // told by the race, and once it has served, it may end
      await Promise.race([once(child, "message"), ended]);
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    pause: () => child?.kill("SIGSTOP"),
    resume: () => child?.kill("SIGCONT"),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
