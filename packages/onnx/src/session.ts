import { createRequire } from "node:module";

import type * as NativeModule from "onnxruntime-node/dist/binding.js";

import { holds, viewOf } from "./dtype.ts";
import type { DType, TypedArray } from "./dtype.ts";
import { SessionError } from "./errors.ts";
import { firstOf } from "./providers.ts";
import type { Provider, ProviderChoice } from "./providers.ts";
import type { Tensor } from "./tensor.ts";

type Binding = typeof NativeModule;
type NativeSession = InstanceType<Binding["binding"]["InferenceSession"]>;
type NativeValues = Parameters<NativeSession["run"]>[0];

export interface SessionOptions extends ProviderChoice {
  /** Threads inside an operator. Bits are the same only for the same number. Default 1. */
  readonly threads?: number;
  /** Plan memory ahead from the shapes of the first run. Costs memory on large graphs. Default true. */
  readonly memoryPattern?: boolean;
  /** Keep memory that is freed for what comes next. Costs memory, saves time. Default true. */
  readonly arena?: boolean;
  /** How far the runtime may rewrite the graph. Default "all". */
  readonly optimise?: "none" | "basic" | "extended" | "all";
}

/** On how many threads a model runs, and on which of a list of providers. */
export type RunsOn = Pick<SessionOptions, "threads" | "providers" | "onFallback">;

/**
 * A loaded model. `run` is synchronous and can't be interrupted: it blocks the thread that
 * calls it for as long as the model takes. Never call it on a thread that serves HTTP or
 * renews a lock; open sessions in a thread of their own (`openThread`).
 */
export interface Session {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The one that was taken from the list; operators that it doesn't have run on the CPU. */
  readonly provider: Provider;
  /**
   * Runs the model once.
   *
   * `into` names the outputs that are wanted (default: all). A tensor there is written in
   * place and returned; null asks for a fresh one. An output tensor must not share memory
   * with an input: the runtime would overwrite values that it has yet to read, and the
   * result would be wrong without an error.
   *
   * @throws SessionError for a missing, unknown, aliased or shared-memory tensor, after
   *   `close`, and where the runtime refuses
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor | null>>,
  ): Record<string, Tensor>;
  close(): void;
}

const require = createRequire(import.meta.url);

// Loaded with the first session: a thread that only talks to another one that runs models
// doesn't map 45 MB of native code.
let loaded: Binding | undefined;

function nativeBinding(): Binding["binding"] {
  if (loaded === undefined) {
    loaded = require("onnxruntime-node/dist/binding.js") as Binding;
    loaded.initOrt();
  }
  return loaded.binding;
}

/**
 * Loads a model.
 * @throws SessionError where the runtime refuses it (unknown operator, inconsistent shapes, corrupt bytes)
 */
export function openSession(model: Uint8Array, options: SessionOptions = {}): Session {
  const { provider, loaded: native } = firstOf(options, (providers) =>
    load(model, options, providers),
  );
  const inputs = native.inputMetadata.map((input) => input.name);
  const outputs = native.outputMetadata.map((output) => output.name);
  const allOutputs = Object.fromEntries(outputs.map((name) => [name, null]));
  let open = true;

  return {
    inputs,
    outputs,
    provider,
    run(feeds, into = allOutputs) {
      if (!open) throw new SessionError("The session is closed");
      refuseSurprises(inputs, outputs, feeds, into);
      return runNative(native, feeds, into);
    },
    close() {
      if (!open) return;
      open = false;
      native.dispose();
    },
  };
}

function load(
  model: Uint8Array,
  options: SessionOptions,
  providers: readonly Provider[],
): NativeSession {
  const { InferenceSession } = nativeBinding();
  const native = new InferenceSession();
  const optimise = options.optimise ?? "all";
  try {
    native.loadModel(model.buffer as ArrayBuffer, model.byteOffset, model.byteLength, {
      executionProviders: [...providers],
      intraOpNumThreads: options.threads ?? 1,
      interOpNumThreads: 1,
      enableCpuMemArena: options.arena ?? true,
      enableMemPattern: options.memoryPattern ?? true,
      graphOptimizationLevel: optimise === "none" ? "disabled" : optimise,
      // Errors are thrown; printing them too would put foreign lines into the log.
      logSeverityLevel: 4,
      // Waiting threads that spin take the cores from the services beside this one.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
  } catch (cause) {
    throw new SessionError(`The model can't be loaded: ${messageOf(cause)}`, { cause });
  }
  return native;
}

/** The runtime ignores unknown names and answers a missing one with an internal assertion. */
function refuseSurprises(
  inputs: readonly string[],
  outputs: readonly string[],
  feeds: Readonly<Record<string, Tensor>>,
  into: Readonly<Record<string, Tensor | null>>,
): void {
  for (const name of inputs) {
    if (feeds[name] === undefined) throw new SessionError(`Input "${name}" is missing`);
  }
  const fed = Object.entries(feeds);
  if (fed.length > inputs.length) {
    const unknown = fed.find(([name]) => !inputs.includes(name));
    throw new SessionError(`The model has no input "${unknown?.[0]}"`);
  }
  const written = Object.entries(into);
  if (written.length === 0) throw new SessionError("No output was asked for");
  for (const [index, [name, target]] of written.entries()) {
    if (!outputs.includes(name)) throw new SessionError(`The model has no output "${name}"`);
    if (target === null) continue;
    for (const [fedName, feed] of fed) {
      if (overlap(feed.data, target.data)) {
        throw new SessionError(`Input "${fedName}" and output "${name}" share memory`);
      }
    }
    for (const [otherName, other] of written.slice(0, index)) {
      if (other !== null && overlap(other.data, target.data)) {
        throw new SessionError(`Outputs "${otherName}" and "${name}" share memory`);
      }
    }
  }
}

function overlap(a: TypedArray, b: TypedArray): boolean {
  return (
    a.buffer === b.buffer &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}

function runNative(
  native: NativeSession,
  feeds: Readonly<Record<string, Tensor>>,
  into: Readonly<Record<string, Tensor | null>>,
): Record<string, Tensor> {
  const nativeFeeds: Record<string, unknown> = {};
  for (const [name, feed] of Object.entries(feeds)) nativeFeeds[name] = toNative(name, feed);
  const nativeInto: Record<string, unknown> = {};
  for (const [name, target] of Object.entries(into)) {
    nativeInto[name] = target === null ? null : toNative(name, target);
  }
  let answered: Record<string, NativeTensor>;
  try {
    answered = native.run(nativeFeeds as NativeValues, nativeInto as NativeValues, {}) as Record<
      string,
      NativeTensor
    >;
  } catch (cause) {
    throw new SessionError(`The run failed: ${messageOf(cause)}`, { cause });
  }
  const results: Record<string, Tensor> = {};
  for (const [name, target] of Object.entries(into)) {
    results[name] = target ?? fromNative(name, answered[name]);
  }
  return results;
}

/** What the binding reads of a tensor, and gives back. */
interface NativeTensor {
  readonly type: DType;
  readonly dims: readonly number[];
  readonly data: TypedArray;
  readonly location?: "cpu";
}

function toNative(name: string, value: Tensor): NativeTensor {
  const { buffer, byteOffset, length } = value.data;
  if (!(buffer instanceof ArrayBuffer)) {
    // Some versions of Node.js refuse it, others read it while another thread writes.
    throw new SessionError(`"${name}" lies in shared memory`);
  }
  // The binding knows float16 only as the bits in a Uint16Array, and answers with a Float16Array.
  const data =
    value.dtype === "float16" ? viewOf("uint16", buffer, byteOffset, length) : value.data;
  return { type: value.dtype, dims: value.dims, data, location: "cpu" };
}

function fromNative(name: string, value: NativeTensor | undefined): Tensor {
  if (value === undefined) throw new SessionError(`The runtime left output "${name}" out`);
  if (!holds(value.type, value.data)) {
    throw new SessionError(`Output "${name}" is a ${value.type}, which has no array here`);
  }
  return { dtype: value.type, dims: value.dims, data: value.data } as Tensor;
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);
