import { readFileSync } from "node:fs";
import { Readable } from "node:stream";

import { SessionError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { createFrameReader, FrameError, framePieces } from "./frame.ts";
import type { Frame } from "./frame.ts";
import { launch } from "./launch.ts";
import { checkLimits } from "./limits.ts";
import type { SandboxLimits } from "./limits.ts";
import { answerOf, bytesOf, headerOf, tensorsOf } from "./messages.ts";
import type { Answer, Request } from "./messages.ts";
import { oneLine } from "./refusal.ts";

/** Why a sandbox has ended. */
export type SandboxEnd =
  | "closed"
  /** A call took longer than `loadMs` or `runMs`. */
  | "wall"
  /** The process used up its CPU time. */
  | "cpu"
  /** It ran out of memory where neither the runtime nor Node.js could go on. */
  | "memory"
  /** It died of its own: the model crashed the runtime. */
  | "crash"
  /** It answered what this side doesn't understand, or more than is allowed. */
  | "protocol"
  /** It could not be started. */
  | "start";

/** The process is gone; every call that waits, and every later one, is rejected with this. */
export class SandboxEnded extends Error {
  override readonly name = "SandboxEnded";
  readonly code = "ONNX_SANDBOX_ENDED";
  readonly end: SandboxEnd;
  constructor(end: SandboxEnd, message: string, options?: ErrorOptions) {
    super(message, options);
    this.end = end;
  }
}

/**
 * A process that runs models under limits, one model at a time. Calls wait for each other.
 * What the runtime refuses rejects with a SessionError and the sandbox goes on; what kills
 * the process rejects with SandboxEnded.
 */
export interface Sandbox {
  /** Loads checked bytes in place of the model before. */
  load(model: Uint8Array): Promise<void>;
  run(feeds: Readonly<Record<string, Tensor>>, wanted: readonly string[]): Promise<Tensor[]>;
  /** The most resident memory that the process was seen to hold; 0 where the system doesn't say. */
  peakMemoryBytes(): number;
  /** Settles when the process is gone, however it went; never rejects. */
  readonly ended: Promise<SandboxEnded>;
  /** Ends the process at once, in the middle of a run or not. */
  close(): Promise<void>;
}

const CHILD = new URL("./child.ts", import.meta.url);

/** Names of up to 64 dimensions for each output, and a message. */
const HEADER_BYTES = 2 ** 20;

const MEMORY_WATCH_MS = 50;

/** Starts a sandbox. @throws RangeError for impossible limits */
export function startSandbox(
  limits: SandboxLimits,
  { withoutNetwork }: { readonly withoutNetwork: boolean },
): Sandbox {
  checkLimits(limits);
  const { process: child, stderr } = launch(CHILD, [], { ...limits, withoutNetwork });
  const answers = createFrameReader({
    headerBytes: HEADER_BYTES,
    payloadBytes: limits.outputBytes,
  });
  let waiting: { resolve: (frame: Frame) => void; reject: (error: unknown) => void } | undefined;
  let verdict: SandboxEnded | undefined;
  let peak = 0;
  let queue: Promise<unknown> = Promise.resolve();

  function kill(end: SandboxEnd, message: string, options?: ErrorOptions): void {
    verdict ??= new SandboxEnded(end, message, options);
    child.kill("SIGKILL");
  }

  const output = child.stdio[3];
  if (output instanceof Readable) {
    output.on("data", (chunk: Uint8Array) => {
      try {
        for (const frame of answers.push(chunk)) {
          if (waiting === undefined) throw new FrameError("An answer to no question");
          waiting.resolve(frame);
          waiting = undefined;
        }
      } catch (cause) {
        output.removeAllListeners("data");
        kill("protocol", `The sandbox broke the protocol: ${String(cause)}`, { cause });
      }
    });
  }

  const ended = new Promise<SandboxEnded>((resolve) => {
    function settle(end: SandboxEnded): void {
      verdict = end;
      waiting?.reject(end);
      waiting = undefined;
      resolve(end);
    }
    child.once("error", (cause) =>
      settle(verdict ?? new SandboxEnded("start", "The sandbox could not be started", { cause })),
    );
    // "close" and not "exit": what it printed has then arrived.
    child.once("close", (code, signal) => settle(verdict ?? postMortem(code, signal, stderr())));
  });

  function peakMemoryBytes(): number {
    peak = Math.max(peak, peakResidentBytes(child.pid));
    return peak;
  }

  async function call(request: Request, payload: readonly Uint8Array[]): Promise<Frame> {
    if (verdict !== undefined) throw verdict;
    const answered = new Promise<Frame>((resolve, reject) => {
      waiting = { resolve, reject };
    });
    const wallMs = request.kind === "load" ? limits.loadMs : limits.runMs;
    const wall = setTimeout(
      () => kill("wall", `The ${request.kind} took more than ${wallMs} ms`),
      wallMs,
    );
    const memory = setInterval(() => {
      if (peakMemoryBytes() <= limits.memoryBytes) return;
      kill("memory", `The sandbox holds more than ${limits.memoryBytes} bytes`);
    }, MEMORY_WATCH_MS);
    try {
      for (const piece of framePieces(request, payload)) child.stdin?.write(piece);
      return await answered;
    } finally {
      clearTimeout(wall);
      clearInterval(memory);
    }
  }

  /** One call after the other: the child answers in order, and limits are for one at a time. */
  function inTurn<T>(take: () => Promise<T>): Promise<T> {
    const turn = queue.then(take);
    // Whoever called has the error; the next one only waits.
    queue = turn.catch(() => {});
    return turn;
  }

  return {
    ended,
    peakMemoryBytes,
    load: (model) =>
      inTurn(async () => {
        const { threads, outputBytes } = limits;
        const { header } = await call({ kind: "load", threads, outputBytes }, [model]);
        expectKind(header, "loaded");
      }),
    run: (feeds, wanted) =>
      inTurn(async () => {
        const names = Object.keys(feeds);
        const tensors = Object.values(feeds);
        const request: Request = { kind: "run", names, feeds: tensors.map(headerOf), wanted };
        const { header, payload } = await call(request, tensors.map(bytesOf));
        const { outputs } = expectKind(header, "ran");
        return tensorsOf(outputs, payload);
      }),
    async close() {
      kill("closed", "The sandbox is closed");
      await ended;
    },
  };

  function expectKind<K extends "loaded" | "ran">(header: unknown, kind: K) {
    try {
      const answer = answerOf(header);
      if (answer.kind === "failed") throw new SessionError(answer.message);
      if (answer.kind === kind) return answer as Extract<Answer, { kind: K }>;
      throw new FrameError(`Answered "${answer.kind}" to a question for "${kind}"`);
    } catch (cause) {
      if (!(cause instanceof FrameError)) throw cause;
      kill("protocol", `The sandbox broke the protocol: ${cause.message}`, { cause });
      throw verdict ?? cause;
    }
  }
}

/** What a process died of that this side didn't kill. */
function postMortem(code: number | null, signal: string | null, stderr: string): SandboxEnded {
  const how = signal === null ? `exit code ${code}` : signal;
  const [line = ""] = stderr.trim().split("\n").slice(-1);
  const words = line === "" ? "" : `: ${oneLine(line, 300)}`;
  if (signal === "SIGXCPU") return new SandboxEnded("cpu", "The sandbox used up its CPU time");
  if (/out of memory|bad_alloc|ENOMEM|Cannot allocate/i.test(stderr)) {
    return new SandboxEnded("memory", `The sandbox ran out of memory (${how})`);
  }
  return new SandboxEnded("crash", `The sandbox died (${how})${words}`);
}

/** The most resident memory of a process so far; 0 where it is gone or the system doesn't say. */
function peakResidentBytes(pid: number | undefined): number {
  try {
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kib ?? 0) * 1024;
  } catch {
    // It has just ended, or there is no /proc: the kernel's own limit is the one that counts.
    return 0;
  }
}
