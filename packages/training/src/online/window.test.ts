import fc from "fast-check";
import { expect, test } from "vitest";

import { createReplayWindow } from "./window.ts";

const entries = (...seqs: number[]) => seqs.map((seq) => ({ seq, person: `p${seq}` }));
const NOBODY_TOO_LOUD = { most: 1_000, from: 1_000 };

test("keeps the most recently learned, oldest first", () => {
  const window = createReplayWindow(3, NOBODY_TOO_LOUD, entries(1, 2));
  window.remember(entries(5, 4), 1);
  expect(window.entries).toEqual(entries(2, 5, 4));
});

test("what is dropped leaves a gap that later ones fill", () => {
  const window = createReplayWindow(3, NOBODY_TOO_LOUD, entries(1, 2, 3));
  window.drop([2, 99]);
  expect(window.entries).toEqual(entries(1, 3));
  window.remember(entries(4), 1);
  expect(window.entries).toEqual(entries(1, 3, 4));
});

test("begins with no more than it keeps", () => {
  expect(createReplayWindow(2, NOBODY_TOO_LOUD, entries(1, 2, 3)).entries).toEqual(entries(2, 3));
});

test("what is learned again is in it once, as the newest; by the former rules twice", () => {
  const window = createReplayWindow(9, NOBODY_TOO_LOUD, entries(1, 2, 3));
  window.remember(entries(2), 0);
  expect(window.entries).toEqual(entries(1, 2, 3, 2));
  window.remember(entries(2, 1), 1);
  expect(window.entries).toEqual(entries(3, 2, 1));
});

const anyEntry = fc.record({
  seq: fc.nat(60),
  person: fc.constantFrom("a", "a", "a", "a", "b", "c", "d", "e"),
});
const anyChange = fc.oneof(
  fc.record({ learned: fc.uniqueArray(anyEntry, { selector: ({ seq }) => seq, maxLength: 9 }) }),
  fc.record({ dropped: fc.array(fc.nat(60), { maxLength: 9 }) }),
);

test("once enough have taught nobody has more than their share: the oldest of theirs leave", () => {
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 30 }), (changes) => {
      const window = createReplayWindow<{ seq: number; person: string }>(16, { most: 3, from: 4 });
      for (const change of changes) {
        if ("dropped" in change) window.drop(change.dropped);
        else window.remember(change.learned, 1);
        const byPerson = Map.groupBy(window.entries, ({ person }) => person);
        expect(window.persons).toBe(byPerson.size);
        expect(window.entries.length).toBeLessThanOrEqual(16);
        expect(new Set(window.entries.map(({ seq }) => seq)).size).toBe(window.entries.length);
        const isBounded = byPerson.size >= 4 && "learned" in change && change.learned.length > 0;
        for (const own of isBounded ? byPerson.values() : [])
          expect(own.length).toBeLessThanOrEqual(3);
      }
    }),
  );
});

test("one that begins anew from what another holds goes on as that one does", () => {
  fc.assert(
    fc.property(fc.array(anyChange, { maxLength: 20 }), fc.nat(20), (changes, at) => {
      const share = { most: 3, from: 4 };
      let window = createReplayWindow<{ seq: number; person: string }>(16, share);
      const whole = createReplayWindow<{ seq: number; person: string }>(16, share);
      for (const [i, change] of changes.entries()) {
        if (i === at) window = createReplayWindow(16, share, window.entries);
        for (const one of [window, whole])
          if ("dropped" in change) one.drop(change.dropped);
          else one.remember(change.learned, 1);
      }
      expect(window.entries).toEqual(whole.entries);
    }),
  );
});
