import { createHash } from "node:crypto";

import { formatKey } from "@groundswell/contracts";
import { expect, test } from "vitest";

import { createFindCaller } from "./callers.ts";
import type { Queries } from "./database.ts";

const secret = "s".repeat(32);
const key = formatKey({ kind: "write", id: "k".repeat(12), secret });
const row = {
  project_id: "p",
  kind: "write",
  secret_hash: createHash("sha256").update(secret).digest(),
  expires_at: null,
  revoked_at: null,
  pseudonym_key: Buffer.from("x"),
};

/** A database that knows one key, until it is told to revoke it or to break. */
function oneKey() {
  const state = { revoked: false, broken: false, asked: 0 };
  const query = async () => {
    state.asked += 1;
    if (state.broken) throw new Error("connection refused");
    return [{ ...row, revoked_at: state.revoked ? new Date(0) : null }];
  };
  return { state, database: { query } as Pick<Queries, "query"> as Queries };
}

test("a key is looked up once in a while, and a revoked one stops within it", async () => {
  const { state, database } = oneKey();
  let now = 0;
  const find = createFindCaller({ database, clock: () => now, keepMs: 4_000 });
  expect(await Promise.all([find(key), find(key)])).toMatchObject([{ keyId: "k".repeat(12) }, {}]);
  expect(state.asked).toBe(1);
  state.revoked = true;
  now = 3_999;
  expect(await find(key)).toBeDefined();
  now = 4_000;
  expect(await find(key)).toBeUndefined();
});

test("while keys can't be looked up a known one goes on for the time allowed, an unknown one does not", async () => {
  const { state, database } = oneKey();
  let now = 0;
  const find = createFindCaller({ database, clock: () => now, staleMs: 60_000 });
  await find(key);
  state.broken = true;
  now = 59_999;
  expect(await find(key)).toBeDefined();
  now = 60_000;
  await expect(find(key)).rejects.toThrow("connection refused");
  const other = formatKey({ kind: "write", id: "o".repeat(12), secret });
  await expect(find(other)).rejects.toThrow("connection refused");
  state.broken = false;
  expect(await find(key)).toBeDefined();
});

test("a mistyped key costs no look-up", async () => {
  const { state, database } = oneKey();
  const find = createFindCaller({ database, clock: () => 0 });
  expect(await find(`${key}0`)).toBeUndefined();
  expect(state.asked).toBe(0);
});
