import { expect, test } from "vitest";

import { greyToRgba } from "./grey-pixels.ts";

test("each grey byte becomes an opaque pixel", () => {
  expect([...greyToRgba(Uint8Array.of(0, 200), 2, 1)]).toEqual([0, 0, 0, 255, 200, 200, 200, 255]);
  expect(() => greyToRgba(Uint8Array.of(0), 2, 1)).toThrow(RangeError);
});
