import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, inject } from "vitest";

import { createDatabase, dropDatabase, openConnections } from "./databases.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The test cluster, as its superuser. */
    adminUrl: string;
    redisUrl: string;
    /** Name of the migrated database that each test file gets a copy of. */
    templateDatabase: string;
  }
}

/** What one test file has for itself. */
export interface TestEnv {
  /** A migrated, empty database. */
  databaseUrl: string;
  redisUrl: string;
  /** Key prefix, so that files share one Redis without meeting. */
  prefix: string;
  /** An empty folder for artifacts. */
  artifacts: string;
}

interface Opened {
  name: string;
  artifacts: string;
}

const opened: Opened[] = [];

/**
 * A fresh copy of the migrated database, a key prefix and an empty folder for the calling
 * test file. All are removed after the file, which fails where a pool was left open.
 */
export async function testEnv(): Promise<TestEnv> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const artifacts = mkdtempSync(join(tmpdir(), "groundswell-test-"));
  opened.push({ name, artifacts });
  const databaseUrl = await createDatabase(inject("adminUrl"), name, inject("templateDatabase"));
  return { databaseUrl, redisUrl: inject("redisUrl"), prefix: name, artifacts };
}

const CLOSING_MS = 3_000;

async function close({ name, artifacts }: Opened): Promise<string[]> {
  const leaked = await openConnections(inject("adminUrl"), name, CLOSING_MS);
  await dropDatabase(inject("adminUrl"), name);
  rmSync(artifacts, { recursive: true, force: true });
  return leaked.map(({ application, lastQuery }) => `${application || "(no name)"}: ${lastQuery}`);
}

// Registered when the file is imported, so that it is the last to run: hooks after a file
// run in reverse, and the file's own ones close its pools first.
afterAll(async () => {
  const leaked = (await Promise.all(opened.splice(0).map(close))).flat();
  if (leaked.length > 0)
    throw new Error(
      `the file left ${leaked.length} database connections open: close every pool in afterAll\n${leaked.join("\n")}`,
    );
});
