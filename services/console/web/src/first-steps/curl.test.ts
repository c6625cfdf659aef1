import { expect, test } from "vitest";

import { curlFeedback, curlModel, curlPrediction } from "./curl.ts";

const ORIGIN = "http://127.0.0.1:8080";

test("the lines name their route, and quote what a shell would read", () => {
  expect(curlModel(ORIGIN)).toContain(`-X PUT ${ORIGIN}/api/v1/models/sentiment`);
  expect(curlPrediction(ORIGIN, "digits", "image-classifier")).toContain(
    `${ORIGIN}/api/v1/models/digits/predictions`,
  );
  expect(curlFeedback(ORIGIN, { prediction_id: "p", label: "it's" })).toContain(
    `"correction":"it'\\''s"`,
  );
});
