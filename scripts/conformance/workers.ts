import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";

import type { Part } from "./examine.ts";
import { CHECKS, failed, refused, type Check, type Outcome } from "./outcome.ts";
import type { Case } from "./suite.ts";

export interface ToWorker {
  readonly folder: string;
  readonly checks: readonly Check[];
}

export type FromWorker =
  | { readonly kind: "beginning"; readonly check: Check; readonly part: Part | null }
  | { readonly kind: "ended"; readonly check: Check; readonly outcome: Outcome }
  | { readonly kind: "done" };

interface RunOptions {
  readonly processes: number;
  /** For all checks of one model. */
  readonly timeoutMs: number;
  readonly onOutcome: (of: Case, check: Check, outcome: Outcome) => void;
  readonly onCase: (of: Case) => void;
}

/** Every check of every case, in a few processes; one that a crash ends goes on without its check. */
export async function runCases(cases: readonly Case[], options: RunOptions): Promise<void> {
  const queue = cases.values();
  await Promise.all(Array.from({ length: options.processes }, () => work(queue, options)));
}

async function work(queue: IteratorObject<Case>, options: RunOptions): Promise<void> {
  let worker: ChildProcess | null = null;
  // The iterator is shared: each case is taken once.
  for (const each of queue) {
    let left: readonly Check[] = CHECKS;
    while (left.length > 0) {
      worker ??= startWorker();
      left = await runOnce(worker, each, left, options);
      if (worker.exitCode !== null || worker.signalCode !== null) worker = null;
    }
    options.onCase(each);
  }
  worker?.kill();
}

// Models of operator sets that the runtime knows but that aren't final are loaded too.
const startWorker = (): ChildProcess =>
  fork(join(import.meta.dirname, "worker.ts"), {
    env: { ...process.env, ALLOW_RELEASED_ONNX_OPSET_ONLY: "0" },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });

/** @returns the checks that are left to do because the process ended */
function runOnce(
  worker: ChildProcess,
  of: Case,
  checks: readonly Check[],
  { timeoutMs, onOutcome }: RunOptions,
): Promise<readonly Check[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly Check[]>();
  const left = [...checks];
  let part: Part | null = null;
  let isLate = false;
  let hasBegun = false;
  let said = "";
  const timer = setTimeout(() => {
    isLate = true;
    worker.kill("SIGKILL");
  }, timeoutMs);
  const end = (): void => {
    clearTimeout(timer);
    worker.removeAllListeners();
    worker.stderr?.removeAllListeners();
    resolve(left);
  };
  worker.stderr?.on("data", (text) => {
    said = `${said}${text}`.slice(-2_000);
  });
  worker.on("message", (message: FromWorker) => {
    hasBegun = true;
    if (message.kind === "done") return end();
    if (message.kind === "beginning") {
      part = message.part;
      return undefined;
    }
    left.shift();
    onOutcome(of, message.check, message.outcome);
    return undefined;
  });
  worker.on("exit", (code, signal) => {
    if (!hasBegun) reject(new Error(`A process for the models can't start: ${said}`));
    const how = isLate
      ? `doesn't end within ${timeoutMs / 1_000} s`
      : `crashes (${signal ?? code})`;
    const check = left.shift();
    // What the runtime can't run as it came says nothing about what is written here.
    const outcome =
      part === "original" ? refused(`The runtime ${how} on the original`) : failed(`It ${how}`);
    if (check !== undefined) onOutcome(of, check, outcome);
    end();
  });
  worker.send({ folder: of.folder, checks: left } satisfies ToWorker);
  return promise;
}
