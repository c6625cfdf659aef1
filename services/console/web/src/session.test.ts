import { expect, test } from "vitest";

import { modelAddress, readAddress } from "./session.ts";

test("the fragment carries a code, a model, or both", () => {
  expect(readAddress("")).toEqual({ code: null, model: null });
  expect(readAddress("#code=abc")).toEqual({ code: "abc", model: null });
  expect(readAddress("#/models/digits")).toEqual({ code: null, model: "digits" });
  expect(readAddress("#/models/digits?code=abc")).toEqual({
    code: "abc",
    model: "digits",
  });
});

test("a model's address reads back, and a broken one does no harm", () => {
  expect(readAddress(modelAddress("a b%/c")).model).toBe("a b%/c");
  expect(readAddress("#/models/%").model).toBe("%");
  expect(readAddress("#main")).toEqual({ code: null, model: null });
});
