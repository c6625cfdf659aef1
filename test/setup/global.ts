import { randomBytes } from "node:crypto";
import { resolve } from "node:path";

import { migrateDatabase } from "@groundswell/db";
import { createDatabase, dropDatabase, type Local, startLocal } from "@groundswell/local";
import type {} from "@groundswell/local/testing";
import type { TestProject } from "vitest/node";

interface TestCluster {
  local: Local;
  template: string;
}

declare global {
  // Each vitest project loads this module for itself; they share one process, and so the cluster.
  var groundswellTestCluster: { starting: Promise<TestCluster>; users: number } | undefined;
}

/** One PostgreSQL, one Redis and one migrated template database for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (globalThis.groundswellTestCluster ??= { starting: startCluster(), users: 0 });
  shared.users += 1;
  const { local, template } = await shared.starting;
  project.provide("adminUrl", local.databaseUrl);
  project.provide("redisUrl", local.redisUrl);
  project.provide("templateDatabase", template);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0) return;
    globalThis.groundswellTestCluster = undefined;
    // The cluster may be the user's own (DATABASE_URL): leave nothing in it.
    await dropDatabase(local.databaseUrl, template);
    await local.stop();
  };
}

async function startCluster(): Promise<TestCluster> {
  const checkout = resolve(import.meta.dirname, "../..");
  const local = await startLocal({ checkout, name: "test", durable: false });
  try {
    const template = `template_${randomBytes(6).toString("hex")}`;
    await migrateDatabase(await createDatabase(local.databaseUrl, template));
    return { local, template };
  } catch (error) {
    await local.stop();
    throw error;
  }
}
