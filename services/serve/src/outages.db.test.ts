import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

import { createMetrics } from "@groundswell/bootstrap";
import { findPrediction, openDatabase, withProject } from "@groundswell/db";
import { testEnv } from "@groundswell/local/testing";
import { afterAll, expect, test, vi } from "vitest";

import { askerOf, labelOf, openServingWorld, picture } from "./serving-world.ts";

/** A way to a server that can be cut and mended. */
async function openWay(target: string) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as { port: number };
  const url = new URL(target);
  url.host = `127.0.0.1:${address.port}`;
  const close = async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return {
    url: url.href,
    cut: close,
    mend: async () => {
      server.listen(address.port, "127.0.0.1");
      await once(server, "listening");
    },
    close,
  };
}

const env = await testEnv();
const world = openServingWorld(env);
const project = await world.newProject();
const postgres = await openWay(env.databaseUrl);
const redis = await openWay(env.redisUrl);
const database = openDatabase(postgres.url, { role: "request" });
const logDatabase = openDatabase(postgres.url, { role: "worker" });
const metrics = createMetrics({ service: "serve" });
const app = world.build({ database, logDatabase, metrics, redisUrl: redis.url });
const ask = askerOf(app, project.key);
afterAll(async () => {
  await app.close();
  await Promise.all([database.close(), logDatabase.close()]);
  await Promise.all([postgres.close(), redis.close()]);
  await world.close();
});
const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 15_000, interval: 20 });

const fast = await world.newModel(project.projectId, "fast");
const careful = await world.newModel(project.projectId, "careful", { logPredictions: "before" });
for (const model of [fast, careful]) {
  await model.addVersion(1);
  await model.moveChampion(1);
}
for (const { name } of [fast, careful]) await ask(name, { inputs: picture() });

test("without PostgreSQL answers go on and are stored later; where they are stored first, it says busy", async () => {
  await postgres.cut();
  const { status, body } = await ask("fast", { inputs: picture() });
  expect(status).toBe(200);
  expect(await ask("careful", { inputs: picture() })).toMatchObject({
    status: 503,
    body: { code: "BUSY" },
  });
  expect(await ask("fast", { inputs: picture(), version: 1 })).toMatchObject({
    status: 503,
    body: { code: "BUSY" },
  });
  await postgres.mend();
  await until(() =>
    withProject(world.database, project.projectId, async (tx) => {
      const row = await findPrediction(tx, project.projectId, body.prediction_id);
      expect(row).toMatchObject({ output: body.output });
    }),
  );
  expect((await ask("careful", { inputs: picture() })).status).toBe(200);
  expect(await metrics.registry.getSingleMetricAsString("serve_predictions_lost_total")).toMatch(
    / 0$/m,
  );
});

test("without Redis the weights held are served, promotions too; with it the newest come again", async () => {
  await fast.publish(fast.frame(5, { step: 10 }));
  await until(async () =>
    expect((await ask("fast", { inputs: picture() })).body.learned_through).toBe(10),
  );
  await redis.cut();
  await fast.publish(fast.frame(6, { step: 11 }));
  expect((await ask("fast", { inputs: picture() })).body.output.label).toBe(labelOf(5));
  await fast.addVersion(2, 11);
  await fast.moveChampion(2);
  await until(async () =>
    expect((await ask("fast", { inputs: picture() })).body.output.label).toBe(labelOf(2)),
  );
  await redis.mend();
  await until(async () => {
    await fast.publish(fast.frame(7, { step: 12, base: 2 }));
    expect((await ask("fast", { inputs: picture() })).body.output.label).toBe(labelOf(7));
  });
});
