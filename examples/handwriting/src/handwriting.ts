import type { App, Sample } from "@groundswell/crowd";

import { type Digit, loadDigits, SIDE } from "./digits.ts";
import { encodePng } from "./png.ts";

export interface HandwritingOptions {
  /** Digits that users meet, one after another. */
  traffic: number;
  /** Digits that nobody meets before the exam. */
  exam: number;
  users: number;
  seed: number;
}

/** A forms app that reads handwritten digits, and whose users correct what it misread. */
export function loadHandwriting({ traffic, exam, users, seed }: HandwritingOptions): App {
  const digits = loadDigits(seed);
  if (traffic + exam > digits.length)
    throw new Error(`${traffic} + ${exam} digits are more than the ${digits.length} there are`);
  return {
    title: "a forms app that reads handwritten digits",
    things: "digits",
    model: "digits",
    settings: {
      recipe: "image-classifier",
      classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
      // What a killed process had answered must be found by the feedback that follows.
      log_predictions: "before",
      // With some 800 examples the interval of the difference reaches one and a half points to each
      // side: without a margin, chance would refuse one in four candidates that are two points better.
      gate: { min_accuracy: 0.9, margin: 0.02, min_examples: 200 },
      exam_share: 0.1,
      validation_share: 0.1,
    },
    traffic: digits.slice(0, traffic).map(sampleOf),
    exam: digits.slice(digits.length - exam).map(sampleOf),
    users,
  };
}

function sampleOf({ pixels, label }: Digit): Sample {
  const png = encodePng(pixels, SIDE, SIDE);
  return { inputs: { image: { b64: png.toString("base64") } }, label };
}
