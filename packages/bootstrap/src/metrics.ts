import { timingSafeEqual } from "node:crypto";

import type { FastifyInstance, FastifyRequest } from "fastify";
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** The metrics of one process; services add their own to `registry`. */
export interface Metrics {
  registry: Registry;
  /** Whoever sends it as a bearer token may read them from anywhere. */
  key: string | undefined;
}

export function createMetrics({
  service,
  key,
}: {
  service: string;
  key?: string | undefined;
}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return { registry, key };
}

/** Seconds: predictions take fractions of a millisecond, uploads whole seconds. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * `GET /metrics`, and the duration of every request under its OpenTelemetry name, by
 * route template: a path with ids in it would be a new series for each.
 */
export function exposeMetrics(app: FastifyInstance, { registry, key }: Metrics): void {
  const duration = new Histogram({
    name: "http_server_request_duration_seconds",
    help: "Duration of HTTP server requests",
    labelNames: ["http_request_method", "http_route", "http_response_status_code"] as const,
    buckets: BUCKETS,
    registers: [registry],
  });
  app.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "(none)";
    duration
      .labels(request.method, route, String(reply.statusCode))
      .observe(reply.elapsedTime / 1000);
    done();
  });
  app.get("/metrics", async (request, reply) => {
    if (!isOperator(request, key)) return reply.callNotFound();
    const text = await registry.metrics();
    return reply.type(registry.contentType).send(text);
  });
}

/** On this machine, and not asked for by a proxy on behalf of who knows whom; or with the key. */
function isOperator({ headers, socket }: FastifyRequest, key: string | undefined): boolean {
  const given = Buffer.from(headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${key}`);
  if (key !== undefined && given.length === wanted.length && timingSafeEqual(given, wanted))
    return true;
  const near = /^(::1|(::ffff:)?127\.)/.test(socket.remoteAddress ?? "");
  return near && headers["x-forwarded-for"] === undefined && headers["forwarded"] === undefined;
}
