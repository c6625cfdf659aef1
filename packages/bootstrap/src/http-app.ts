import { randomBytes } from "node:crypto";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import { ANSWER_HEADERS } from "@groundswell/contracts";
import fastify, {
  type ConnectionError,
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
} from "fastify";

import { exposeHealth, type ReadyCheck } from "./health.ts";
import { exposeMetrics, type Metrics } from "./metrics.ts";
import { answerFor, type Problem } from "./problem.ts";
import { takeJson } from "./read-json.ts";
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

/** A service may be asked directly: whoever sends slowly costs only himself. */
const HEAD_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 60_000;
const CHECK_EVERY_MS = 1_000;
/** The door in front has a smaller bound of its own. */
const MOST_CONNECTIONS = 8_192;
/** How long a client whose request was answered before its end may go on sending, to hear of it. */
const LINGER_MS = 2_000;

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
    requestTimeout: REQUEST_WITHIN_MS,
    http: { headersTimeout: HEAD_WITHIN_MS, connectionsCheckingInterval: CHECK_EVERY_MS },
    clientErrorHandler: (error, socket) => answerOnSocket(answer, error, socket, options.logger),
    frameworkErrors: (error, request, reply) => {
      const { status, headers, body } = answer(error, request);
      reply.raw.writeHead(status, headers).end(body);
    },
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(ANSWER_HEADERS).header("x-request-id", request.id);
    if (/%00/.test(request.url)) done(new NulInUrl());
    else done();
  });
  hearOut(app);
  takeJson(app);
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

/**
 * A request may be answered before its end: it is too large, or has no key. Closing at once, as fastify
 * does, resets the connection under a client that still sends, and the answer is lost with it: what
 * comes is thrown away for a moment first.
 */
function hearOut(app: FastifyInstance): void {
  app.addHook("onSend", async ({ raw }, reply) => {
    if (raw.complete === false) reply.removeHeader("connection");
  });
  app.addHook("onResponse", ({ raw }, _reply, done) => {
    const { socket } = raw;
    if (raw.complete === false && !socket.destroyed) {
      raw.resume();
      const late = setTimeout(() => {
        if (!raw.complete) socket.destroy();
      }, LINGER_MS);
      raw.once("close", () => clearTimeout(late));
    }
    done();
  });
}

/** For what never became a request: the head is no HTTP, too long or too late. */
function answerOnSocket(
  answer: ReturnType<typeof problemAnswers>,
  error: ConnectionError,
  socket: Socket,
  log: FastifyBaseLogger,
): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const { status, headers, body } = answer(headProblem(error), { id: "", url: "", log });
  const lines = Object.entries({ ...headers, connection: "close" }).map((pair) => pair.join(": "));
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  socket.destroySoon();
}

function headProblem({ code }: ConnectionError): Error {
  const problem = (statusCode: number, named: string, message: string) =>
    Object.assign(new Error(message), { statusCode, code: named });
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return problem(408, "TOO_SLOW", "The request did not arrive in time: send it again");
  if (code === "HPE_HEADER_OVERFLOW")
    return problem(431, "HEAD_TOO_LONG", "The head of this request is longer than 16 KiB");
  return problem(400, "BAD_REQUEST", "The head of this request can't be understood");
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
        ...ANSWER_HEADERS,
        "content-type": "application/problem+json",
        ...(id !== "" && { "x-request-id": id }),
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
