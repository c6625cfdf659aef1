import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";

import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";

import { exposeHealth, type ReadyCheck } from "./health.ts";
import { exposeMetrics, type Metrics } from "./metrics.ts";
import { answerFor, type Problem } from "./problem.ts";
import type { Tracing } from "./tracing.ts";

export interface HttpAppOptions {
  logger: FastifyBaseLogger;
  /** Adds `GET /metrics`. */
  metrics?: Metrics;
  /** What `/readyz` asks; default: nothing. */
  checks?: readonly ReadyCheck[];
  /** Bytes. */
  bodyLimit: number;
  tracing?: Tracing | undefined;
  /** Proxies whose `X-Forwarded-*` are believed; default: none. */
  trustProxy?: boolean | string | string[];
  /** Turns a problem into the words of another protocol, told by its path (`problem.instance`). */
  errorShape?: (problem: Problem) => object;
}

/**
 * A fastify app that answers every error as problem+json (RFC 9457), names every request
 * (`x-request-id`), measures, and says whether it is alive and ready. Long answers, such
 * as server-sent events, have to be ended in a `preClose` hook, or closing waits for them.
 */
export function createHttpApp(options: HttpAppOptions): FastifyInstance {
  const answer = problemAnswers(options.errorShape);
  const app = fastify({
    loggerInstance: options.logger,
    // A line for each request would cost more than many of the requests.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit,
    trustProxy: options.trustProxy ?? false,
    // Requests on open connections are finished while closing, not refused.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: requestIds(),
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => {
      const { status, headers, body } = answer(error, request);
      reply.raw.writeHead(status, headers).end(body);
    },
  });
  app.addHook("onRequest", (request, reply, done) => {
    reply.header("x-request-id", request.id);
    if (/%00/.test(request.url)) done(new NulInUrl());
    else done();
  });
  app.setErrorHandler((error, request, reply) => {
    const { status, headers, body } = answer(error, request);
    return reply.code(status).headers(headers).send(body);
  });
  app.setNotFoundHandler((request) => {
    throw new NoSuchRoute(request.method, pathOf(request.url));
  });
  options.tracing?.traceRequests(app);
  if (options.metrics) exposeMetrics(app, options.metrics);
  exposeHealth(app, options.checks ?? []);
  return app;
}

class NulInUrl extends Error {
  readonly statusCode = 400;
  readonly code = "BAD_URL";
  override readonly message = "A URL can't hold a NUL character";
}

class NoSuchRoute extends Error {
  readonly statusCode = 404;
  readonly code = "NOT_FOUND";

  constructor(method: string, path: string) {
    super(`No route ${method} ${path}`);
  }
}

/** The client's own id where it is a plain one, else ours: unique, and cheaper than a UUID. */
function requestIds(): (request: IncomingMessage) => string {
  const process = randomBytes(6).toString("base64url");
  let count = 0;
  return ({ headers }) => {
    const given = headers["x-request-id"];
    if (typeof given === "string" && /^[\w.-]{1,64}$/.test(given)) return given;
    count += 1;
    return `${process}-${count.toString(36)}`;
  };
}

/** What of a request the answer to its error needs. */
interface Asked {
  id: string;
  url: string;
  log: FastifyBaseLogger;
}

interface WrittenProblem {
  status: number;
  headers: Record<string, string>;
  body: string;
}

function problemAnswers(
  errorShape: HttpAppOptions["errorShape"],
): (error: unknown, asked: Asked) => WrittenProblem {
  return (error, { id, url, log }) => {
    const { problem, retryAfter, unexpected } = answerFor(error, pathOf(url));
    if (unexpected) log.error({ err: error, reqId: id }, "unexpected error");
    return {
      status: problem.status,
      headers: {
        "content-type": "application/problem+json",
        "x-request-id": id,
        ...(retryAfter !== undefined && { "retry-after": String(retryAfter) }),
      },
      body: JSON.stringify(errorShape ? errorShape(problem) : problem),
    };
  };
}

/** Without the query, which may hold a key. */
function pathOf(url: string): string {
  return url.replace(/\?.*$/s, "");
}
