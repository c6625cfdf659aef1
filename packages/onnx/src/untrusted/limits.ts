/** What the process that runs a model may use. */
export interface SandboxLimits {
  /**
   * Private memory of the process, counted as the kernel counts it: what is reserved for
   * writing, touched or not. About 640 MB of it are Node.js and the runtime before any model.
   */
  readonly memoryBytes: number;
  /** CPU time of the process over its whole life, all threads together. */
  readonly cpuSeconds: number;
  /** By the clock on the wall: for loading, the start of the process included, and for each run. */
  readonly loadMs: number;
  readonly runMs: number;
  /** Of all outputs of one run together. */
  readonly outputBytes: number;
  /** Threads inside an operator. */
  readonly threads: number;
}

const MIB = 2 ** 20;

export const DEFAULT_LIMITS: SandboxLimits = {
  memoryBytes: 2048 * MIB,
  cpuSeconds: 300,
  loadMs: 30_000,
  runMs: 5_000,
  outputBytes: 256 * MIB,
  threads: 1,
};

/** Below this, Node.js doesn't start. */
const LEAST_MEMORY = 896 * MIB;

/** @throws RangeError */
export function checkLimits(limits: SandboxLimits): void {
  for (const [name, value] of Object.entries(limits) as [string, number][]) {
    if (!Number.isFinite(value) || value <= 0) throw new RangeError(`${name} is ${value}`);
  }
  if (limits.memoryBytes < LEAST_MEMORY) {
    throw new RangeError(`memoryBytes must be at least ${LEAST_MEMORY}, is ${limits.memoryBytes}`);
  }
}
