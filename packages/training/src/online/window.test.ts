import { expect, test } from "vitest";

import { createReplayWindow } from "./window.ts";

const entries = (...seqs: number[]) => seqs.map((seq) => ({ seq }));

test("keeps the most recently learned, oldest first", () => {
  const window = createReplayWindow(3, entries(1, 2));
  window.remember(entries(5, 4));
  expect(window.entries).toEqual(entries(2, 5, 4));
});

test("what is dropped leaves a gap that later ones fill", () => {
  const window = createReplayWindow(3, entries(1, 2, 3));
  window.drop([2, 99]);
  expect(window.entries).toEqual(entries(1, 3));
  window.remember(entries(4));
  expect(window.entries).toEqual(entries(1, 3, 4));
});

test("begins with no more than it keeps", () => {
  expect(createReplayWindow(2, entries(1, 2, 3)).entries).toEqual(entries(2, 3));
});
