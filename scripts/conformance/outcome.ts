/** What is held against each model of the suite. */
export const CHECKS = [
  "codec",
  "outputs",
  "newest",
  "inference",
  "symbolic",
  "known",
  "gradient",
] as const;

export type Check = (typeof CHECKS)[number];

/**
 * - refused: it can't be checked, or isn't supported, and something says why.
 * - unknown: nothing wrong was said, but a size or a type was left open.
 */
export type End = "passed" | "refused" | "unknown" | "failed";

export interface Outcome {
  readonly end: End;
  /** Empty for what passed. */
  readonly reason: string;
}

export const passed: Outcome = { end: "passed", reason: "" };
export const refused = (reason: string): Outcome => ({ end: "refused", reason });
export const unknown = (reason: string): Outcome => ({ end: "unknown", reason });
export const failed = (reason: string): Outcome => ({ end: "failed", reason });

/** A reason why a model can't be checked any further. */
export class Refusal extends Error {}

const CHAIN = 5;

/** An error in one line, without the places in the runtime's source that it begins with. */
export function inOneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replaceAll(/\s+/g, " ")
    .replace(/\/onnxruntime_src\/\S+ .*?\((?:[^()]|\([^()]*\))*\)(?: const)? /, "")
    .replace(/The model can't be loaded: (?:Fatal error: |Exception during initialization: )?/, "")
    .replace(/The run failed: Non-zero .*?Status Message: /, "The run failed: ")
    .slice(0, 300)
    .trim();
}

/** An error and what caused it. */
export function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < CHAIN; at = at.cause) chain.push(at);
  return chain;
}
