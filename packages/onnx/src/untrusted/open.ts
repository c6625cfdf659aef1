import { SessionError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { checkUntrusted } from "./check.ts";
import { isolationHere } from "./isolation.ts";
import type { IsolationKind } from "./isolation.ts";
import { checkLimits, DEFAULT_LIMITS } from "./limits.ts";
import type { SandboxLimits } from "./limits.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { UntrustedPolicy } from "./policy.ts";
import { ModelRefused } from "./refusal.ts";
import { startSandbox } from "./sandbox.ts";
import type { SandboxEnded } from "./sandbox.ts";

export interface UntrustedOptions extends Partial<SandboxLimits> {
  readonly policy?: UntrustedPolicy;
  /**
   * What this machine must be able to keep the model from; refused where the self-test says
   * that it can't. Default: memory, CPU time and wall clock, but not the network, for which
   * many containers give no namespace. A network namespace is used wherever there is one.
   */
  readonly required?: readonly IsolationKind[];
}

/** A model from a stranger, loaded in a process of its own. */
export interface UntrustedSession {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Runs the model once; calls wait for each other. Answers the outputs that are `wanted`
   * (default: all).
   * @throws SessionError for names that the model doesn't have and where the runtime refuses;
   *   SandboxEnded where the run cost the process its life, and from then on
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    wanted?: readonly string[],
  ): Promise<Record<string, Tensor>>;
  /** Settles when the process is gone, however it went; never rejects. */
  readonly ended: Promise<SandboxEnded>;
  close(): Promise<void>;
}

/**
 * Checks a model (`checkUntrusted`), then loads and runs it in a process under limits.
 * @throws ModelRefused; SessionError where the runtime doesn't load it; SandboxEnded where
 *   loading it cost the process its life; RangeError for impossible limits
 */
export async function openUntrusted(
  bytes: Uint8Array,
  {
    policy = DEFAULT_POLICY,
    required = ["memory", "cpu", "wall"],
    ...given
  }: UntrustedOptions = {},
): Promise<UntrustedSession> {
  const limits = { ...DEFAULT_LIMITS, ...given };
  checkLimits(limits);
  const checked = checkUntrusted(bytes, policy);
  const isolation = await isolationHere();
  const missing = required.filter((kind) => !isolation[kind].holds);
  if (missing.length > 0) {
    const details = missing.map((kind) => isolation[kind].detail).join("; ");
    throw new ModelRefused("isolation", `No ${missing.join(", no ")} isolation here: ${details}`);
  }

  const sandbox = startSandbox(limits, { withoutNetwork: isolation.network.holds });
  try {
    await sandbox.load(checked.bytes);
  } catch (error) {
    await sandbox.close();
    throw error;
  }
  const { graph } = checked.model;
  const initialised = new Set(graph.initializers.map(({ name }) => name));
  // What has a default keeps it: sessions here take no other value for it.
  const inputs = graph.inputs.map(({ name }) => name).filter((name) => !initialised.has(name));
  const outputs = graph.outputs.map(({ name }) => name);
  return {
    inputs,
    outputs,
    ended: sandbox.ended,
    close: () => sandbox.close(),
    async run(feeds, wanted = outputs) {
      const unknown = wanted.find((name) => !outputs.includes(name));
      if (unknown !== undefined) throw new SessionError(`The model has no output "${unknown}"`);
      const results = await sandbox.run(feeds, wanted);
      if (results.length !== wanted.length) {
        throw new SessionError(`${results.length} outputs came, ${wanted.length} were wanted`);
      }
      return Object.fromEntries(
        wanted.flatMap((name, i) => {
          const result = results[i];
          return result === undefined ? [] : [[name, result]];
        }),
      );
    },
  };
}
