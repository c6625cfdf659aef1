import { encodeModel, isFloat, openSession, SessionError } from "@groundswell/onnx";
import type { Model } from "@groundswell/onnx";

import { runOriginal } from "./check-outputs.ts";
import { refused, type Outcome } from "./outcome.ts";
import { numbersOf, runnables, type Recorded } from "./recorded.ts";

interface Run {
  readonly bytes: Uint8Array;
  readonly model: Model;
  readonly recorded: Recorded;
}

/**
 * What a failed check of slopes comes to: no slope can be held against a model that the runtime
 * can't run, and there is none through a NaN.
 * @throws Refusal where the runtime refuses the model
 */
export function settleGradient(outcome: Outcome, { bytes, model, recorded }: Run): Outcome {
  const feeds = runnables(recorded.inputs);
  runOriginal(bytes, feeds);
  const isExcused = outcome.reason.includes("is NaN") && hasNaN(model, feeds);
  return isExcused ? refused("A value on the way is NaN, which a Where leaves out") : outcome;
}

/** Whether a float inside the model is NaN. */
function hasNaN(model: Model, feeds: ReturnType<typeof runnables>): boolean {
  const { graph } = model;
  const names = graph.nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== ""));
  const outputs = [...new Set(names)].map((name) => ({ name, dtype: null, shape: null }));
  const session = openSession(encodeModel({ ...model, graph: { ...graph, outputs } }), {
    optimise: "none",
  });
  try {
    return Object.values(session.run(feeds)).some(
      (value) => isFloat(value.dtype) && numbersOf(value).some(Number.isNaN),
    );
  } catch (error) {
    if (error instanceof SessionError) return false;
    throw error;
  } finally {
    session.close();
  }
}
