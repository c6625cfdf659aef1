import { expect, test } from "vitest";

import { shiftPicture } from "./shift.ts";

const size = { width: 3, height: 2 };
const picture = Uint8Array.of(1, 2, 3, 4, 5, 6);
const moved = (right: number, down: number) => Array.from(shiftPicture(picture, size, right, down));

test("moves by whole pixels, black comes in", () => {
  expect(moved(0, 0)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(moved(1, 0)).toEqual([0, 1, 2, 0, 4, 5]);
  expect(moved(-1, 0)).toEqual([2, 3, 0, 5, 6, 0]);
  expect(moved(0, 1)).toEqual([0, 0, 0, 1, 2, 3]);
  expect(moved(-2, -1)).toEqual([6, 0, 0, 0, 0, 0]);
});

test("a picture moved out of itself is black", () => {
  expect(moved(3, 0)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(moved(0, -2)).toEqual([0, 0, 0, 0, 0, 0]);
});
