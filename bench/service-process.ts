import { fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(import.meta.dirname, "..");

/** URL of the program of a service. */
export const mainOf = (service: string): string =>
  new URL(`../services/${service}/src/main.ts`, import.meta.url).href;

export interface ServiceProcess {
  /** Where it listens. */
  origin: string;
  pid: number;
  /** SIGTERM, and the end of it. */
  stop: () => Promise<void>;
}

/**
 * Runs a program of this repository as a process of its own, on the Node.js of this one.
 *
 * @param file its URL
 * @throws Error where it ends before it says `{ ready: origin }`
 */
export async function startProcess(
  file: string,
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  const child = fork(fileURLToPath(file), {
    env,
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = once(child, "exit");
  const first = await Promise.race([once(child, "message"), ended]);
  const [message] = first as [{ ready: string } | number | null];
  if (typeof message !== "object" || !message) throw new Error(`${file} ended while starting`);
  return {
    origin: message.ready,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
