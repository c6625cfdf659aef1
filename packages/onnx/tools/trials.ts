import { SessionError } from "../src/errors.ts";
import {
  checkUntrusted,
  DEFAULT_LIMITS,
  DEFAULT_POLICY,
  ModelRefused,
  type Sandbox,
  SandboxEnded,
  startSandbox,
} from "../src/untrusted/index.ts";
import { feedsOf, type Mutant } from "../src/untrusted/mutants.ts";

/** For each step of a mutant. */
export const STEP_MS = 5_000;

/** The CPU time is that of all mutants that one sandbox sees. */
const FUZZ_LIMITS = { ...DEFAULT_LIMITS, loadMs: STEP_MS, runMs: STEP_MS, cpuSeconds: 3_600 };

/** Inputs are made up here: those that declare more than this are refused instead. */
const FUZZ_POLICY = { ...DEFAULT_POLICY, elements: 2 ** 16 };

/** How one mutant ended. */
export interface Outcome {
  /** e.g. "refused: unknown-value", "ran", "killed: wall". */
  readonly end: string;
  readonly detail: string;
  /** Of the slowest of its steps: check, load, run. */
  readonly ms: number;
  /** Something that must not happen did. */
  readonly failed: boolean;
  /** Worth a line of its own. */
  readonly notable: boolean;
}

export interface Trials {
  of(mutant: Mutant): Promise<Outcome>;
  close(): Promise<{ readonly sandboxes: number; readonly mostMemoryBytes: number }>;
}

type Step = "check" | "load" | "run";

/** Tries mutants one after the other. A sandbox is used for as long as it lives. */
export function createTrials({
  controlFlow,
  withoutNetwork,
}: {
  readonly controlFlow: boolean;
  readonly withoutNetwork: boolean;
}): Trials {
  const policy = { ...FUZZ_POLICY, controlFlow };
  let sandbox: Sandbox | undefined;
  /** Mutants that the sandbox has seen. */
  let seen = 0;
  let sandboxes = 0;
  let mostMemoryBytes = 0;

  function fresh(): Sandbox {
    sandboxes += 1;
    seen = 0;
    sandbox = startSandbox(FUZZ_LIMITS, { withoutNetwork });
    return sandbox;
  }

  async function attempt(mutant: Mutant): Promise<Outcome> {
    let step: Step = "check";
    let [began, ms] = [performance.now(), 0];
    const next = (to: Step): void => {
      const now = performance.now();
      [ms, began, step] = [Math.max(ms, now - began), now, to];
    };
    try {
      const { model, bytes } = checkUntrusted(mutant.bytes, policy);
      const feeds = feedsOf(model.graph, mutant.feedSeed);
      const used = sandbox ?? fresh();
      seen += 1;
      next("load");
      await used.load(bytes);
      next("run");
      await used.run(
        feeds,
        model.graph.outputs.map(({ name }) => name),
      );
      next("run");
      return { end: "ran", detail: "", ms, failed: false, notable: false };
    } catch (error) {
      next(step);
      return { ...endOf(error, step), ms };
    }
  }

  async function retire(): Promise<void> {
    if (sandbox === undefined) return;
    mostMemoryBytes = Math.max(mostMemoryBytes, sandbox.peakMemoryBytes());
    await sandbox.close();
    sandbox = undefined;
  }

  return {
    async of(mutant) {
      const outcome = await attempt(mutant);
      if (!outcome.notable) return outcome;
      const alone = seen <= 1;
      await retire();
      if (alone) return outcome;
      // What others left behind may have killed it: what counts is what it does alone.
      const second = await attempt(mutant);
      if (second.notable) await retire();
      return second;
    },
    async close() {
      await retire();
      return { sandboxes, mostMemoryBytes };
    },
  };
}

function endOf(error: unknown, step: Step): Omit<Outcome, "ms"> {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof ModelRefused) {
    const end = `refused by the check: ${error.reason}`;
    return { end, detail, failed: false, notable: false };
  }
  if (error instanceof SessionError) {
    return { end: `refused by the runtime: ${step}`, detail, failed: false, notable: false };
  }
  if (error instanceof SandboxEnded) {
    const failed = error.end === "start" || error.end === "protocol";
    return { end: `sandbox ended: ${error.end}`, detail, failed, notable: true };
  }
  return { end: `${step} broke`, detail, failed: true, notable: true };
}
