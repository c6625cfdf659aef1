import { encodeModel, PassError, SessionError, upConvert } from "@groundswell/onnx";
import type { Model } from "@groundswell/onnx";

import { differenceOf, isRandom, run, type Feeds } from "./check-outputs.ts";
import { failed, inOneLine, passed, refused, type Outcome } from "./outcome.ts";
import { runnables, type Recorded } from "./recorded.ts";

/** What the runtime takes; the format hardly changed since, and operators don't go by it. */
const NEWEST_IR = 13;

/**
 * Brought up to the newest operator set, the model gives the recorded outputs: also where the
 * runtime has no kernel for the old one, or takes the file for too new.
 * @param beginning told before each run, in which the runtime may crash
 */
export function checkNewest(
  { bytes, model, recorded }: { bytes: Uint8Array; model: Model; recorded: Recorded },
  beginning: (part: "original" | "ours") => void,
): Outcome {
  const feeds = runnables(recorded.inputs);
  const expected = runnables(recorded.outputs);
  const random = isRandom(model);
  let newest: Model;
  try {
    newest = upConvert(model);
  } catch (error) {
    if (!(error instanceof PassError)) throw error;
    return refused(inOneLine(error));
  }
  const irVersion = Math.min(newest.irVersion, NEWEST_IR);
  beginning("original");
  const original = attempt(bytes, feeds);
  beginning("ours");
  const ours = attempt(encodeModel({ ...newest, irVersion }), feeds);
  if (ours instanceof SessionError) {
    if (!(original instanceof SessionError)) return failed(inOneLine(ours));
    return refused("The runtime refuses it, as it does the file");
  }
  const difference = differenceOf(ours, expected, random);
  if (difference === null) return passed;
  if (original instanceof SessionError) return failed(difference);
  const change = differenceOf(ours, original, random);
  return change === null
    ? refused("The runtime itself answers otherwise than recorded, and the same for both")
    : failed(change);
}

function attempt(bytes: Uint8Array, feeds: Feeds): Feeds | SessionError {
  try {
    return run(bytes, feeds);
  } catch (error) {
    if (error instanceof SessionError) return error;
    throw error;
  }
}
