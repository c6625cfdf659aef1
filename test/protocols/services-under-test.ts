import { randomBytes } from "node:crypto";

import { createLogger, createMetrics } from "@groundswell/bootstrap";
import { buildConsole, modelMaker } from "@groundswell/console";
import { type Service, uuid7Generator } from "@groundswell/contracts";
import { openDatabase, type Role } from "@groundswell/db";
import { buildIngest } from "@groundswell/ingest";
import { testEnv } from "@groundswell/local/testing";
import { openArtifactStore } from "@groundswell/models";
import { buildServe } from "@groundswell/serve";
import type { FastifyInstance } from "fastify";
import { afterAll } from "vitest";

export const env = await testEnv();
const open = (role: Role) => {
  const database = openDatabase(env.databaseUrl, { role });
  afterAll(() => database.close());
  return database;
};
const common = (service: string) => ({
  redisUrl: env.redisUrl,
  prefix: env.prefix,
  logger: createLogger({ service, level: "fatal" }),
  metrics: createMetrics({ service }),
});

/** Each service that answers public routes, on a database of its own. */
export const build: Record<Service, () => Promise<FastifyInstance>> = {
  ingest: async () => {
    const { app, close } = await buildIngest({
      ...common("ingest"),
      accepting: open("accept"),
      database: open("request"),
      itemsPerMinute: 1_000_000,
      lingerMs: 0,
      clock: () => new Date(),
    });
    afterAll(close);
    return app;
  },
  serve: async () =>
    buildServe({
      ...common("serve"),
      database: open("request"),
      logDatabase: open("worker"),
      artifacts: env.artifacts,
      clock: Date.now,
      limits: { modelsLoaded: 1, pinnedLoaded: 1, decoding: 1, logPending: 1 },
    }),
  console: async () =>
    buildConsole({
      log: createLogger({ service: "console", level: "fatal" }),
      database: open("request"),
      artifacts: openArtifactStore(env.artifacts),
      models: modelMaker,
      notify: () => {},
      enqueueRun: () => {},
      clock: Date.now,
      newId: uuid7Generator(Date.now),
      randomBytes,
      webFolder: env.artifacts,
    }),
};
