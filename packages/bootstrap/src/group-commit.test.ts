import fc from "fast-check";
import { expect, test } from "vitest";

import { groupCommit, GroupsFull } from "./group-commit.ts";

const options = { most: 10, lingerMs: 0, inFlight: 1, mostPending: 1000 };

/** A commit that waits to be told, and remembers its groups. */
function heldCommit() {
  const groups: { items: number[]; land: () => void; crash: (reason: Error) => void }[] = [];
  let arrival = Promise.withResolvers<void>();
  const commit = (items: number[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<number[]>();
    groups.push({ items, land: () => resolve(items.map((item) => item * 2)), crash: reject });
    arrival.resolve();
    arrival = Promise.withResolvers();
    return promise;
  };
  const groupsStarted = async (count: number) => {
    while (groups.length < count) await arrival.promise;
    return groups;
  };
  return { commit, groups, groupsStarted };
}

test("what arrives in one turn is one group, and each gets its own result", async () => {
  const held = heldCommit();
  const group = groupCommit(held.commit, options);
  const answers = Promise.all([1, 2, 3].map(group.add));
  const [first] = await held.groupsStarted(1);
  expect(first?.items).toEqual([1, 2, 3]);
  first?.land();
  expect(await answers).toEqual([2, 4, 6]);
});

test("while one group is in flight, all that arrives forms the next", async () => {
  const held = heldCommit();
  const group = groupCommit(held.commit, options);
  const first = group.add(1);
  await held.groupsStarted(1);
  const others = [2, 3, 4].map(group.add);
  expect(group.pending()).toBe(4);
  held.groups[0]?.land();
  await first;
  await held.groupsStarted(2);
  expect(held.groups[1]?.items).toEqual([2, 3, 4]);
  held.groups[1]?.land();
  expect(await Promise.all(others)).toEqual([4, 6, 8]);
  expect(group.pending()).toBe(0);
});

test("a failing group rejects its members and no other", async () => {
  const held = heldCommit();
  const group = groupCommit(held.commit, { ...options, most: 2 });
  const answers = [1, 2, 3].map(group.add);
  const outcome = Promise.allSettled(answers);
  await held.groupsStarted(1);
  held.groups[0]?.crash(new Error("disk full"));
  await held.groupsStarted(2);
  held.groups[1]?.land();
  expect((await outcome).map(({ status }) => status)).toEqual([
    "rejected",
    "rejected",
    "fulfilled",
  ]);
  await expect(answers[0]).rejects.toThrow("disk full");
});

test("too many waiting are refused with an error that a route may answer", async () => {
  const held = heldCommit();
  const group = groupCommit(held.commit, { ...options, most: 1, mostPending: 1 });
  const kept = [group.add(1), group.add(2)];
  const refused = group.add(3);
  await expect(refused).rejects.toThrow(GroupsFull);
  await expect(refused).rejects.toMatchObject({ statusCode: 503, code: "BUSY", retryAfter: 1 });
  held.groups[0]?.land();
  await held.groupsStarted(2);
  held.groups[1]?.land();
  expect(await Promise.all(kept)).toEqual([2, 4]);
});

test("a wrong number of results fails the group instead of leaving callers waiting", async () => {
  const group = groupCommit(async () => [1], options);
  await expect(Promise.all([group.add(1), group.add(2)])).rejects.toThrow("1 results for a group");
});

test("closing commits what waits and takes nothing more", async () => {
  const seen: number[] = [];
  const group = groupCommit(
    async (items: number[]) => {
      seen.push(...items);
      return items;
    },
    { ...options, lingerMs: 60_000 },
  );
  const answer = group.add(1);
  await group.close();
  expect(await answer).toBe(1);
  expect(seen).toEqual([1]);
  await expect(group.add(2)).rejects.toThrow("closed");
});

test("groups keep order and bounds, and answer every item once", async () => {
  const item = fc.integer({ min: 1, max: 9 });
  const bounds = fc.record({
    most: fc.integer({ min: 1, max: 5 }),
    mostBytes: fc.integer({ min: 1, max: 20 }),
    inFlight: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 40 }), bounds, async (items, bound) => {
      const groups: number[][] = [];
      let flying = 0;
      const group = groupCommit(
        async (members: number[]) => {
          flying += 1;
          expect(flying).toBeLessThanOrEqual(bound.inFlight);
          groups.push(members);
          await Promise.resolve();
          flying -= 1;
          return members;
        },
        { ...options, ...bound, sizeOf: (size) => size },
      );
      expect(await Promise.all(items.map(group.add))).toEqual(items);
      expect(groups.flat()).toEqual(items);
      for (const members of groups) {
        expect(members.length).toBeLessThanOrEqual(bound.most);
        const bytes = members.reduce((sum, size) => sum + size, 0);
        expect(members.length === 1 || bytes <= bound.mostBytes).toBe(true);
      }
    }),
  );
});
