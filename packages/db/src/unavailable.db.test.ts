import { testEnv } from "@groundswell/local/testing";
import pg from "pg";
import { expect, test } from "vitest";

import { openDatabase } from "./database.ts";
import { isUnavailable } from "./unavailable.ts";

const { databaseUrl } = await testEnv();
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test("a server that is not there is unavailable", async () => {
  const url = new URL(databaseUrl);
  url.host = "127.0.0.1:1";
  const database = openDatabase(url.href, { role: "worker" });
  expect(isUnavailable(await failureOf(database.query("select 1")))).toBe(true);
  await database.close();
});

test("a connection that the server ends under a query is unavailable; the next query works", async () => {
  const database = openDatabase(databaseUrl, { role: "worker", max: 1 });
  const [backend] = await database.query<{ pid: number }>("select pg_backend_pid() as pid");
  const sleeping = failureOf(database.query("select pg_sleep(60)"));
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  await admin.query("select pg_terminate_backend($1)", [backend?.pid]);
  await admin.end();
  expect(isUnavailable(await sleeping)).toBe(true);
  expect(await database.query("select 1 as one")).toEqual([{ one: 1 }]);
  await database.close();
});

test("a connection that ends between two queries of a transaction is unavailable", async () => {
  const database = openDatabase(databaseUrl, { role: "worker", max: 1 });
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  const failure = await failureOf(
    database.transaction(async (tx) => {
      const [backend] = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
      await admin.query("select pg_terminate_backend($1, 5000)", [backend?.pid]);
      await new Promise((heard) => setTimeout(heard, 100));
      await tx.query("select 1");
    }),
  );
  await admin.end();
  expect(isUnavailable(failure)).toBe(true);
  expect(await database.query("select 1 as one")).toEqual([{ one: 1 }]);
  await database.close();
});

test("a query that is wrong is not", async () => {
  const database = openDatabase(databaseUrl, { role: "worker" });
  expect(isUnavailable(await failureOf(database.query("select nothing_like_it")))).toBe(false);
  expect(isUnavailable("text")).toBe(false);
  await database.close();
});
