import { allNodes, encodeModel, openSession, SessionError } from "@groundswell/onnx";
import type { Model, NodeDef, Tensor } from "@groundswell/onnx";

import { failed, inOneLine, passed, refused, Refusal, type Outcome } from "./outcome.ts";
import { numbersOf, runnables, type Recorded } from "./recorded.ts";

export type Feeds = Readonly<Record<string, Tensor>>;

/** Relative and absolute, as in onnx's own runner; half precision has three digits. */
const TOLERANCE = { rtol: 1e-3, atol: 1e-7 };
const HALF_TOLERANCE = { rtol: 1e-2, atol: 1e-3 };

const RANDOM: ReadonlySet<string> = new Set([
  "Bernoulli",
  "Multinomial",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
]);

/** Whether its outputs are other ones each time. */
export const isRandom = ({ graph }: Model): boolean => allNodes(graph).some(isRandomNode);

const isRandomNode = ({ op, inputs }: NodeDef): boolean =>
  RANDOM.has(op) || (op === "Dropout" && (inputs[2] ?? "") !== "");

/**
 * What is written here gives the recorded outputs wherever the runtime gives them for the
 * file itself, and otherwise the same that the runtime gives for the file.
 * @param beginning told before either of the two runs, in which the runtime may crash
 */
export function checkOutputs(
  { bytes, model, recorded }: { bytes: Uint8Array; model: Model; recorded: Recorded },
  beginning: (part: "original" | "ours") => void,
): Outcome {
  const feeds = runnables(recorded.inputs);
  const expected = runnables(recorded.outputs);
  const random = isRandom(model);
  beginning("original");
  const original = runOriginal(bytes, feeds);
  beginning("ours");
  const ours = run(encodeModel(model), feeds);
  const unlike = differenceOf(original, expected, random);
  const difference = differenceOf(ours, unlike === null ? expected : original, random);
  if (difference !== null) return failed(difference);
  if (unlike === null) return passed;
  return refused("The runtime itself answers otherwise than recorded, and the same for both");
}

/** @throws Refusal where the runtime refuses it */
export function runOriginal(bytes: Uint8Array, feeds: Feeds): Feeds {
  try {
    return run(bytes, feeds);
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    throw new Refusal(`The runtime refuses the original: ${inOneLine(error)}`, { cause: error });
  }
}

export function run(bytes: Uint8Array, feeds: Feeds): Feeds {
  const session = openSession(bytes);
  try {
    return session.run(feeds);
  } finally {
    session.close();
  }
}

/** Null where there is none; what is drawn at random has only its type and shape compared. */
export function differenceOf(answered: Feeds, expected: Feeds, random = false): string | null {
  for (const [name, value] of Object.entries(expected)) {
    const answer = answered[name];
    if (answer === undefined) return `The output "${name}" is missing`;
    const [got, wanted] = [answer, value].map(({ dtype, dims }) => `${dtype} [${dims.join(", ")}]`);
    if (got !== wanted) return `The output "${name}" is ${got}, not ${wanted}`;
    const at = random ? -1 : firstDifference(answer, value);
    if (at >= 0) {
      const [is, was] = [answer.data[at], value.data[at]];
      return `Element ${at} of the output "${name}" is ${is}, not ${was}`;
    }
  }
  return null;
}

function firstDifference(answer: Tensor, expected: Tensor): number {
  const { rtol, atol } = expected.dtype === "float16" ? HALF_TOLERANCE : TOLERANCE;
  const wanted = numbersOf(expected);
  return numbersOf(answer).findIndex((got, k) => {
    const want = wanted[k] ?? Number.NaN;
    const isSame = got === want || Object.is(got, want);
    return !isSame && !(Math.abs(got - want) <= atol + rtol * Math.abs(want));
  });
}
