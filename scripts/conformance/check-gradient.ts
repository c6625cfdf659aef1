import { GraphError } from "@groundswell/autograd";
import { openSession, PassError, SessionError, UndecidedShape } from "@groundswell/onnx";
import type { Model, Session } from "@groundswell/onnx";

import { differenceOf } from "./check-outputs.ts";
import { compareSlope, type Loss } from "./compare-slope.ts";
import { chainOf, failed, inOneLine, passed, refused, type Outcome } from "./outcome.ts";
import { numbersOf, type Recorded } from "./recorded.ts";
import { slopeModel, type SlopeModel } from "./slope-model.ts";
import { slopeProblem, type SlopeProblem } from "./slope-problem.ts";

/**
 * The slope of the float outputs, weighted at random, along a random direction of each float
 * input: by the gradient rules of the model's operators, and by differences.
 */
export function checkGradient(model: Model, recorded: Recorded): Outcome {
  const problem = slopeProblem(model, recorded);
  const [first] = problem.moving;
  try {
    return check(model, recorded, problem);
  } catch (error) {
    // Some inputs are floats and have to be constant all the same, such as the scales of Resize.
    const isConstantWanted = chainOf(error).some((cause) => cause instanceof UndecidedShape);
    if (!isConstantWanted || first === undefined || problem.moving.length < 2) {
      return withoutSlope(error);
    }
  }
  try {
    return check(model, recorded, { ...problem, moving: [first] });
  } catch (error) {
    return withoutSlope(error);
  }
}

function check(model: Model, recorded: Recorded, problem: SlopeProblem): Outcome {
  const slopes = slopeModel(model, recorded, problem);
  const session = openSession(slopes.bytes);
  try {
    return compareAll(session, slopes, problem);
  } finally {
    session.close();
  }
}

/** Refused where a rule or a kernel is wanting, failed otherwise. */
function withoutSlope(error: unknown): Outcome {
  const reason = inOneLine(error);
  if (error instanceof PassError) return refused(reason);
  if (error instanceof SessionError) {
    return reason.includes("Could not find an implementation") ? refused(reason) : failed(reason);
  }
  if (!(error instanceof GraphError)) throw error;
  const isUndecided = chainOf(error).some((cause) => cause instanceof UndecidedShape);
  return isUndecided || MISSING.test(reason) ? refused(reason) : failed(reason);
}

const MISSING =
  /has no gradient|no rule is written|no description of|unknown attribute|holds (?:\w+s|no numbers)|answers \w+s$/i;

function compareAll(session: Session, slopes: SlopeModel, problem: SlopeProblem): Outcome {
  const { dtype, moving, weighed, outputs } = problem;
  const names = Object.entries(slopes.outputs);
  const onlyOutputs = Object.fromEntries(names.map(([, as]) => [as, null]));
  const feedsAt = (moved: number, step: number): Parameters<Session["run"]>[0] => {
    const steps = slopes.steps.map((name, k) => {
      const value = dtype === "float32" ? new Float32Array(1) : new Float64Array(1);
      value[0] = k === moved ? step : 0;
      return [name, { dtype, dims: [], data: value }] as const;
    });
    return { ...slopes.feeds, ...Object.fromEntries(steps) } as Parameters<Session["run"]>[0];
  };

  const here = session.run(feedsAt(-1, 0));
  const answered = Object.fromEntries(
    names.flatMap(([name, as]) => (here[as] === undefined ? [] : [[name, here[as]]])),
  );
  if (differenceOf(answered, outputs) !== null) {
    return refused("Imported, it answers otherwise than recorded");
  }
  const lossAt = (moved: number, step: number): Loss => {
    const at = session.run(feedsAt(moved, step), onlyOutputs);
    const terms = weighed.flatMap(({ name, weight }) => {
      const output = numbersOf(at[slopes.outputs[name] ?? ""]);
      return numbersOf(weight).map((w, k) => (w === 0 ? 0 : w * (output[k] ?? Number.NaN)));
    });
    return {
      loss: terms.reduce((sum, term) => sum + term, step),
      size: terms.reduce((sum, term) => sum + Math.abs(term), 0),
    };
  };
  const results = moving.map(({ name }, index) => {
    const [slope = Number.NaN] = numbersOf(here[slopes.slopes[index] ?? ""]);
    return compareSlope({ name, dtype, slope }, (step) => lossAt(index, step));
  });
  return (
    results.find(({ end }) => end === "failed") ??
    results.find(({ end }) => end === "refused") ??
    passed
  );
}
