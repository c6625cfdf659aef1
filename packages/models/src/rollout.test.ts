import fc from "fast-check";
import { expect, test } from "vitest";

import { rollbackTarget } from "./rollout.ts";

const move = (fromVersion: number | null, toVersion: number) => ({ fromVersion, toVersion });

test("a model that never had another champion has nothing to go back to", () => {
  expect(rollbackTarget([])).toBeNull();
  expect(rollbackTarget([move(null, 1)])).toBeNull();
});

test("a promotion goes back to the snapshot that was taken for it", () => {
  expect(rollbackTarget([move(null, 1), move(3, 2)])).toBe(3);
});

test("a second rollback goes further back, not forward again", () => {
  const promoted = [move(null, 1), move(1, 2), move(2, 3)];
  expect(rollbackTarget([...promoted, move(3, 2)])).toBe(1);
  expect(rollbackTarget([...promoted, move(3, 2), move(2, 1)])).toBeNull();
});

test("what was rolled back can be promoted again", () => {
  expect(rollbackTarget([move(null, 1), move(1, 2), move(2, 1), move(1, 2)])).toBe(1);
});

test("as many rollbacks as promotions lead back to the first version, through each in turn", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), (promotions) => {
      const moves = [move(null, 1)];
      for (let version = 2; version <= promotions + 1; version++)
        moves.push(move(version - 1, version));
      for (let champion = promotions + 1; champion > 1; champion--) {
        const target = rollbackTarget(moves);
        expect(target).toBe(champion - 1);
        moves.push(move(champion, champion - 1));
      }
      expect(rollbackTarget(moves)).toBeNull();
    }),
  );
});
