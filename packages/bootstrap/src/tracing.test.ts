import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

import { expect, test } from "vitest";

import { createHttpApp } from "./http-app.ts";
import { createLogger } from "./logger.ts";
import { startTracing } from "./tracing.ts";

test("without a collector nothing is traced", async () => {
  expect(await startTracing({ service: "test", endpoint: undefined })).toBeUndefined();
});

test("a request becomes a server span, child of its caller's", async () => {
  const collector = createServer().listen(0, "127.0.0.1");
  await once(collector, "listening");
  const exported = once(collector, "request").then(async ([request, response]) => {
    const body = await json(request as IncomingMessage);
    response.end("{}");
    return { url: (request as IncomingMessage).url, body: JSON.stringify(body) };
  });
  const { port } = collector.address() as AddressInfo;
  const tracing = await startTracing({ service: "test", endpoint: `http://127.0.0.1:${port}` });
  const logger = createLogger({ service: "test", level: "silent" });
  const app = createHttpApp({ logger, bodyLimit: 100, tracing });
  app.get("/things/:id", async () => ({ ok: true }));

  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
  await app.inject({ url: "/things/1", headers: { traceparent } });
  await Promise.all([tracing?.close(), exported]);

  const { url, body } = await exported;
  expect(url).toBe("/v1/traces");
  expect(body).toContain('"name":"GET /things/:id"');
  expect(body).toContain(`"traceId":"${traceId}","`);
  expect(body).toContain('"parentSpanId":"b7ad6b7169203331"');
  await app.close();
  collector.close();
});
