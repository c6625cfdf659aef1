import { expect, test } from "vitest";

import { modelAddress, readAddress } from "./session.ts";

test("the fragment carries a key, a model, or both", () => {
  expect(readAddress("")).toEqual({ key: null, model: null });
  expect(readAddress("#key=gs_sk_abc")).toEqual({ key: "gs_sk_abc", model: null });
  expect(readAddress("#/models/digits")).toEqual({ key: null, model: "digits" });
  expect(readAddress("#/models/digits?key=gs_sk_abc")).toEqual({
    key: "gs_sk_abc",
    model: "digits",
  });
});

test("a model's address reads back, and a broken one does no harm", () => {
  expect(readAddress(modelAddress("a b%/c")).model).toBe("a b%/c");
  expect(readAddress("#/models/%").model).toBe("%");
  expect(readAddress("#main")).toEqual({ key: null, model: null });
});
