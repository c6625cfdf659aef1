import fc from "fast-check";
import { expect, test } from "vitest";

import type { Frame } from "./frame.ts";
import { follow, type Following, startFollowing } from "./weight-follower.ts";

const frame = (
  step: number,
  { from = null as number | null, fence = 1, base = 1 } = {},
): { kind: Frame["kind"]; header: Frame["header"] } => ({
  kind: from === null ? "whole" : "changes",
  header: { modelId: "m", fence, base, from, step },
});

test("frames in order are applied, and each one once", () => {
  let held = startFollowing(1, 0);
  for (const one of [frame(1), frame(2, { from: 1 }), frame(5, { from: 2 })]) {
    const answer = follow(held, one);
    expect(answer.verdict).toBe("applied");
    expect(follow(answer.held, one)).toEqual({ verdict: "old", held: answer.held });
    held = answer.held;
  }
  expect(held.step).toBe(5);
});

test("changes do not fit weights from an artifact, another learner's line, or before their start", () => {
  const loaded = startFollowing(1, 7);
  expect(follow(loaded, frame(8, { from: 7 })).verdict).toBe("gap");
  const held: Following = { base: 1, step: 7, fence: 1, seen: 7, line: 1 };
  expect(follow(held, frame(9, { from: 8 })).verdict).toBe("gap");
  expect(follow(held, frame(8, { from: 7, fence: 2 }))).toEqual({
    verdict: "gap",
    held: { ...held, fence: 2, seen: -1 },
  });
});

test("changes that begin before the weights held, and end after them, fit", () => {
  const held: Following = { base: 1, step: 7, fence: 1, seen: 7, line: 1 };
  expect(follow(held, frame(9, { from: 4 }))).toMatchObject({
    verdict: "applied",
    held: { step: 9 },
  });
});

test("a learner that lost the model is not listened to, not even after its successor's first frame was missed", () => {
  const held: Following = { base: 1, step: 7, fence: 1, seen: 7, line: 1 };
  const gap = follow(held, frame(9, { from: 8, fence: 2 }));
  expect(follow(gap.held, frame(10)).verdict).toBe("stale_fence");
  expect(follow(gap.held, frame(9, { fence: 2 })).verdict).toBe("applied");
});

test("frames of another version's line are not applied, nor late ones of an earlier stint of the same version", () => {
  const held: Following = { base: 1, step: 500, fence: 1, seen: 500, line: 1 };
  expect(follow(held, frame(501, { base: 2 })).verdict).toBe("wrong_base");
  const back = startFollowing(1, 0, startFollowing(2, 400, held));
  expect(follow(back, frame(490)).verdict).toBe("old");
  expect(follow(back, frame(502)).verdict).toBe("applied");
});

/**
 * A world in which it is plain whether a model is mixed: a table of rows, each of which holds
 * (line, step at which it was last touched). Learner L's step s touches row s % ROWS.
 */
const ROWS = 4;
interface World {
  frame: { kind: Frame["kind"]; header: Frame["header"] };
  /** Rows that the frame holds. */
  rows: Map<number, string>;
}

const tableAt = (base: number, fence: number, step: number) =>
  Array.from({ length: ROWS }, (_, row) => {
    const last = step - ((((step - row) % ROWS) + ROWS) % ROWS);
    return `${base}/${fence}/${last > 0 ? last : 0}`;
  });

function worldFrame(base: number, fence: number, from: number | null, step: number): World {
  const table = tableAt(base, fence, step);
  const touched = (row: number) =>
    from === null ||
    Array.from({ length: step - from }, (_, i) => (from + 1 + i) % ROWS).includes(row);
  return {
    frame: frame(step, { from, fence, base }),
    rows: new Map([...table.entries()].filter(([row]) => touched(row))),
  };
}

const anyFrame = fc
  .record({
    base: fc.integer({ min: 1, max: 2 }),
    fence: fc.integer({ min: 1, max: 3 }),
    step: fc.integer({ min: 1, max: 12 }),
    back: fc.option(fc.integer({ min: 1, max: 6 })),
  })
  .map(({ base, fence, step, back }) =>
    worldFrame(base, fence, back === null ? null : Math.max(0, step - back), step),
  );

test("whatever is lost, repeated or comes out of order, what is held equals the whole of one step", () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 40 }), (frames) => {
      let held = startFollowing(1, 0);
      let table = tableAt(1, 0, 0);
      for (const { frame: one, rows } of frames) {
        const answer = follow(held, one);
        expect(answer.held.fence).toBeGreaterThanOrEqual(held.fence);
        held = answer.held;
        if (answer.verdict !== "applied") continue;
        table = table.map((value, row) => rows.get(row) ?? value);
        expect(table).toEqual(tableAt(held.base, held.line ?? 0, held.step));
      }
    }),
    { numRuns: 2_000 },
  );
});

test("after any trouble a whole of the newest learner heals", () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 40 }), (frames) => {
      let held = startFollowing(1, 0);
      for (const { frame: one } of frames) held = follow(held, one).held;
      const answer = follow(held, frame(99, { fence: held.fence + 1 }));
      expect(answer).toMatchObject({ verdict: "applied", held: { step: 99 } });
    }),
  );
});
