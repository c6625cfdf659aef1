import { randomBytes } from "node:crypto";

import { createLogger, createMetrics } from "@groundswell/bootstrap";
import { buildConsole, modelMaker } from "@groundswell/console";
import { routes, type Service, uuid7Generator } from "@groundswell/contracts";
import { openDatabase, type Role } from "@groundswell/db";
import { buildIngest } from "@groundswell/ingest";
import { testEnv } from "@groundswell/local/testing";
import { openArtifactStore } from "@groundswell/models";
import { buildServe } from "@groundswell/serve";
import type { FastifyInstance } from "fastify";
import { afterAll, expect, test } from "vitest";

const env = await testEnv();
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

const build: Record<Service, () => Promise<FastifyInstance>> = {
  ingest: async () => {
    const { app, close } = await buildIngest({
      ...common("ingest"),
      accepting: open("accept"),
      database: open("request"),
      itemsPerMinute: 1_000,
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

/** `GET /a/:b` of every public route that is registered. */
function registered(app: FastifyInstance): string[] {
  const path: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split("\n")
    .flatMap((line) => {
      const [, indent = "", rest = ""] = /^((?:│ {3}| {4})*)[├└]── (.*)$/.exec(line) ?? [];
      const [, segment = "", methods = ""] = /^(.*?)(?: \(([A-Z, ]+)\))?$/.exec(rest) ?? [];
      path.splice(indent.length / 4, Infinity, segment);
      const url = path.join("");
      return methods ? methods.split(", ").map((method) => `${method} ${url}`) : [];
    })
    .filter((route) => /^(GET|POST|PUT|PATCH|DELETE) \/(api|v1)\//.test(route));
}

test.each(Object.keys(build) as Service[])(
  "%s answers its part of the route table, and nothing else",
  async (service) => {
    const app = await build[service]();
    await app.ready();
    const wanted = routes.filter((route) => route.service === service);
    const found = registered(app);
    await app.close();
    expect(found.toSorted()).toEqual(
      wanted.map(({ method, path }) => `${method} ${path}`).toSorted(),
    );
  },
);
