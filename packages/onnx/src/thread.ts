import { parentPort, Worker } from "node:worker_threads";
import type { Transferable } from "node:worker_threads";

/**
 * What is said between a thread and its owner: `calls` asked of the thread, and `events` it
 * tells of its own accord. Payloads and results are copied (structured clone) unless their
 * buffers are transferred.
 */
export interface ThreadProtocol {
  readonly calls: Record<string, { readonly payload: unknown; readonly result: unknown }>;
  readonly events: Record<string, unknown>;
}

type CallName<P extends ThreadProtocol> = keyof P["calls"] & string;
type EventName<P extends ThreadProtocol> = keyof P["events"] & string;
type Payload<P extends ThreadProtocol, N extends CallName<P>> = P["calls"][N]["payload"];
type Result<P extends ThreadProtocol, N extends CallName<P>> = P["calls"][N]["result"];

/** How a thread ended. `error` is what it crashed of, undefined after `close`. */
export interface ThreadExit {
  readonly exitCode: number;
  readonly error: unknown;
}

/** The owner's side. */
export interface Thread<P extends ThreadProtocol> {
  /**
   * Rejects with the handler's error (name, message and code kept), or with ThreadExited
   * where the thread is gone before it answers.
   */
  call<N extends CallName<P>>(
    name: N,
    payload: Payload<P, N>,
    transfer?: readonly Transferable[],
  ): Promise<Result<P, N>>;
  on<N extends EventName<P>>(event: N, handler: (payload: P["events"][N]) => void): void;
  /** Settles when the thread has ended, however it ended; never rejects. */
  readonly exited: Promise<ThreadExit>;
  /**
   * Lets calls under way finish, runs the thread's `closing` hook, and settles when it has
   * ended. The thread is asked, never terminated: that would abort the whole process in
   * the middle of a run.
   */
  close(): Promise<ThreadExit>;
}

export class ThreadExited extends Error {
  override readonly name = "ThreadExited";
  readonly code = "THREAD_EXITED";
}

interface CallMessage {
  readonly kind: "call";
  readonly id: number;
  readonly name: string;
  readonly payload: unknown;
}

type ToThread = CallMessage | { readonly kind: "close" };

interface RemoteError {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
  readonly stack: string | undefined;
}

type FromThread =
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: RemoteError }
  | { readonly kind: "event"; readonly name: string; readonly payload: unknown };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Starts the module at `url`, which calls `serveThread`. `workerData` reaches it as `node:worker_threads`' own. */
export function openThread<P extends ThreadProtocol>(url: URL, workerData?: unknown): Thread<P> {
  const worker = new Worker(url, { workerData });
  const waiting = new Map<number, Waiting>();
  const handlers = new Map<string, ((payload: unknown) => void)[]>();
  let lastId = 0;
  let closing = false;
  let crash: unknown;
  let gone: ThreadExited | undefined;

  worker.on("message", (message: FromThread) => {
    if (message.kind === "event") {
      for (const handler of handlers.get(message.name) ?? []) handler(message.payload);
      return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.kind === "result") call?.resolve(message.value);
    else call?.reject(revive(message.error));
  });
  worker.on("error", (error) => {
    crash = error;
  });
  const exited = new Promise<ThreadExit>((resolve) => {
    worker.on("exit", (exitCode) => {
      gone = new ThreadExited(`The thread has ended (exit code ${exitCode})`, { cause: crash });
      for (const call of waiting.values()) call.reject(gone);
      waiting.clear();
      resolve({ exitCode, error: crash });
    });
  });

  return {
    exited,
    call(name, payload, transfer = []) {
      return new Promise((resolve, reject) => {
        if (gone !== undefined) {
          reject(gone);
          return;
        }
        const id = ++lastId;
        // First, so that a payload that can't be cloned leaves nothing waiting.
        worker.postMessage({ kind: "call", id, name, payload } satisfies ToThread, transfer);
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      });
    },
    on(event, handler) {
      const list = handlers.get(event) ?? [];
      list.push(handler as (payload: unknown) => void);
      handlers.set(event, list);
    },
    close() {
      if (!closing) worker.postMessage({ kind: "close" } satisfies ToThread);
      closing = true;
      return exited;
    },
  };
}

/** A result whose buffers move to the owner instead of being copied. */
class Transferring<T> {
  readonly value: T;
  readonly transfer: readonly Transferable[];
  constructor(value: T, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/** Answer of a handler: `value`, its buffers in `transfer` moved, which the thread then no longer has. */
export const transferring = <T>(value: T, transfer: readonly Transferable[]): Transferring<T> =>
  new Transferring(value, transfer);

export type ThreadHandlers<P extends ThreadProtocol> = {
  readonly [N in CallName<P>]: (
    payload: Payload<P, N>,
  ) =>
    | Result<P, N>
    | Transferring<Result<P, N>>
    | Promise<Result<P, N> | Transferring<Result<P, N>>>;
};

/** The thread's side. */
export interface ThreadServer<P extends ThreadProtocol> {
  emit<N extends EventName<P>>(
    event: N,
    payload: P["events"][N],
    transfer?: readonly Transferable[],
  ): void;
}

/**
 * Answers the owner's calls, each as it arrives. `closing` runs after the last of them.
 * @throws Error on the main thread, which has no owner
 */
export function serveThread<P extends ThreadProtocol>(
  handlers: ThreadHandlers<P>,
  closing: () => void | Promise<void> = () => {},
): ThreadServer<P> {
  const port = parentPort;
  if (port === null) throw new Error("serveThread belongs in a module that openThread starts");
  const underWay = new Set<Promise<void>>();

  async function answer({ id, name, payload }: CallMessage): Promise<void> {
    try {
      const handler = (handlers as Record<string, (payload: unknown) => unknown>)[name];
      if (handler === undefined) throw new Error(`The thread has no handler "${name}"`);
      const result = await handler(payload);
      const { value, transfer } =
        result instanceof Transferring ? result : new Transferring(result, []);
      port?.postMessage({ kind: "result", id, value } satisfies FromThread, [...transfer]);
    } catch (error) {
      port?.postMessage({ kind: "error", id, error: dismantle(error) } satisfies FromThread);
    }
  }

  async function close(): Promise<void> {
    await Promise.all(underWay);
    await closing();
    port?.close();
  }

  port.on("message", (message: ToThread) => {
    if (message.kind === "close") {
      // A rejection of the hook is left unhandled on purpose: it ends the thread as a crash.
      void close();
      return;
    }
    const answering = answer(message).finally(() => underWay.delete(answering));
    underWay.add(answering);
  });

  return {
    emit(event, payload, transfer = []) {
      port.postMessage({ kind: "event", name: event, payload } satisfies FromThread, [...transfer]);
    },
  };
}

function dismantle(error: unknown): RemoteError {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), code: undefined, stack: undefined };
  }
  const code = "code" in error ? error.code : undefined;
  const plain = typeof code === "string" || typeof code === "number" ? code : undefined;
  return { name: error.name, message: error.message, code: plain, stack: error.stack };
}

function revive({ name, message, code, stack }: RemoteError): Error {
  const error = new Error(message);
  error.name = name;
  // Where it happened in the thread; here it only arrived.
  if (stack !== undefined) error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
