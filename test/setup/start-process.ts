import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

export const START = resolve(import.meta.dirname, "../../scripts/start.ts");

/** `pnpm start`, as somebody runs it. */
export interface Started {
  process: ChildProcess;
  output: () => string;
}

export const UP = "Ctrl-C stops everything";

/** @param until what it has said by then */
export async function startProcess(
  options: readonly string[],
  env: Record<string, string | undefined>,
  until = UP,
): Promise<Started> {
  const child = spawn(process.execPath, [START, ...options], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (part: string) => (text += part));
  const started = { process: child, output: () => text };
  await new Promise<void>((ready, fail) => {
    child.stdout?.on("data", () => text.includes(until) && ready());
    child.once("exit", () => fail(new Error(`start ended:\n${text}`)));
  });
  return started;
}

/** @throws where it ends otherwise than well, with what it said */
export async function stop({ process: child, output }: Started): Promise<void> {
  const ended = child.exitCode === null ? once(child, "exit") : undefined;
  child.kill("SIGINT");
  await ended;
  if (child.exitCode !== 0) throw new Error(`start ended with ${child.exitCode}:\n${output()}`);
}

const found = (pattern: RegExp, text: string) => pattern.exec(text)?.[0] ?? "";
export const addressIn = (text: string) => found(/http:\/\/127\.0\.0\.1:\d+/, text);
export const keyIn = (text: string) => found(/gs_sk_\w+/, text);
