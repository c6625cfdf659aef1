import { isDeepStrictEqual } from "node:util";

import { decodeModel, encodeModel } from "@groundswell/onnx";
import type { Model } from "@groundswell/onnx";

import { failed, passed, type Outcome } from "./outcome.ts";

/** Read, written and read again, a model is the same. */
export function checkCodec(model: Model): Outcome {
  const again = decodeModel(encodeModel(model));
  return isDeepStrictEqual(again, model)
    ? passed
    : failed("What was written is read as another model");
}
