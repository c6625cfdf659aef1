import { readFileSync } from "node:fs";
import { join } from "node:path";

import { decodeModel, OnnxFormatError } from "@groundswell/onnx";
import type { Model } from "@groundswell/onnx";

import { checkCodec } from "./check-codec.ts";
import { checkGradient } from "./check-gradient.ts";
import { checkInference, withKnownInputs, withSymbolicBatch } from "./check-inference.ts";
import { checkNewest } from "./check-newest.ts";
import { checkOutputs } from "./check-outputs.ts";
import { failed, inOneLine, refused, Refusal, type Check, type Outcome } from "./outcome.ts";
import { readRecorded } from "./recorded.ts";
import { settleGradient } from "./settle-gradient.ts";

/** Where a check is: the runtime may end the process in any of them. */
export type Part = "original" | "ours";

/** Holds one check against the model of a folder; never throws. */
export function examine(folder: string, check: Check, beginning: (part: Part) => void): Outcome {
  try {
    return outcomeOf(folder, check, beginning);
  } catch (error) {
    if (error instanceof Refusal) return refused(error.message);
    if (error instanceof OnnxFormatError) return refused(`Not read: ${inOneLine(error)}`);
    return failed(inOneLine(error));
  }
}

function outcomeOf(folder: string, check: Check, beginning: (part: Part) => void): Outcome {
  const bytes = new Uint8Array(readFileSync(join(folder, "model.onnx")));
  const model: Model = decodeModel(bytes);
  if (check === "codec") return checkCodec(model);
  const recorded = readRecorded(folder, model);
  switch (check) {
    case "outputs":
      return checkOutputs({ bytes, model, recorded }, beginning);
    case "newest":
      return checkNewest({ bytes, model, recorded }, beginning);
    case "inference":
      return checkInference(model, recorded);
    case "symbolic":
      return checkInference(withSymbolicBatch(model, recorded), recorded);
    case "known":
      return checkInference(withKnownInputs(model, recorded), recorded);
    case "gradient": {
      beginning("ours");
      const outcome = checkGradient(model, recorded);
      if (outcome.end !== "failed") return outcome;
      beginning("original");
      return settleGradient(outcome, { bytes, model, recorded });
    }
  }
}
