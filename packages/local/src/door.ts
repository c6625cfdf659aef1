import type { AddressInfo } from "node:net";

import replyFrom from "@fastify/reply-from";
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";

import { answerDoorProblem, Unreachable } from "./door-problem.ts";

/** Where one public route leads; the route table of `contracts` is a list of these. */
export interface DoorRoute {
  method: string;
  /** Parameters as `:name`. */
  path: string;
  service: string;
}

export interface DoorOptions {
  routes: readonly DoorRoute[];
  /** Origin of each service, such as `http://127.0.0.1:4001`. */
  upstreams: Readonly<Record<string, string>>;
  /** The service that answers everything else (pages, documents, unknown paths): by default `console`. */
  otherwise?: string;
  host: string;
  port: number;
  logger?: FastifyBaseLogger;
  /** How long `close` waits for answers under way, event streams among them. */
  closeWithinMs?: number;
}

export interface Door {
  /** Origin that it answers at. */
  address: string;
  close: () => Promise<void>;
}

/**
 * One origin in front of all services. Bodies pass through both ways as they come, so
 * that uploads are not held in memory and event streams flow. A service that can't be
 * reached is a 503 with `Retry-After`; the door itself needs none of them to start.
 */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const app = fastify({
    ...(options.logger && { loggerInstance: options.logger }),
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    // Whatever fits a header is the service's to judge.
    routerOptions: { maxParamLength: 16_384 },
    bodyLimit: Number.MAX_SAFE_INTEGER,
    frameworkErrors: (error, request, reply) => {
      answerDoorProblem(error, request.url, reply.raw);
    },
  });
  app.setErrorHandler((error, request, reply) => {
    reply.hijack();
    answerDoorProblem(error, request.url, reply.raw);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  await app.register(replyFrom, {
    disableRequestLogging: true,
    destroyAgent: true,
    // An event stream may be silent for as long as nothing happens.
    undici: { connectTimeout: 5_000, headersTimeout: 60_000, bodyTimeout: 0 },
  });
  addRoutes(app, options);
  await app.listen({ host: options.host, port: options.port });
  const { port } = app.server.address() as AddressInfo;
  return {
    address: `http://${options.host === "0.0.0.0" ? "127.0.0.1" : options.host}:${port}`,
    close: () => closeDoor(app, options.closeWithinMs ?? 2_000),
  };
}

function addRoutes(
  app: FastifyInstance,
  { routes, upstreams, otherwise = "console" }: DoorOptions,
): void {
  const originOf = (service: string) => {
    const origin = upstreams[service];
    if (origin === undefined) throw new Error(`the door knows no address of ${service}`);
    return origin;
  };
  const fallback = originOf(otherwise);
  for (const [path, methods] of methodsByPath(routes)) {
    const origins = new Map([...methods].map(([method, service]) => [method, originOf(service)]));
    app.all(path, (request, reply) =>
      pass(request, reply, origins.get(effectiveMethod(request)) ?? fallback),
    );
  }
  app.all("/*", (request, reply) => pass(request, reply, fallback));
}

/** Two services may share a path: posting consents is ingest's, reading them the console's. */
function methodsByPath(routes: readonly DoorRoute[]): Map<string, Map<string, string>> {
  const paths = new Map<string, Map<string, string>>();
  for (const { method, path, service } of routes) {
    const methods = paths.get(path) ?? new Map<string, string>();
    paths.set(path, methods.set(method, service));
  }
  return paths;
}

/** A browser's preflight and a HEAD belong to who answers the request that they are about. */
function effectiveMethod({ method, headers }: FastifyRequest): string {
  if (method === "HEAD") return "GET";
  const announced = headers["access-control-request-method"];
  return method === "OPTIONS" && announced ? announced : method;
}

function pass(request: FastifyRequest, reply: FastifyReply, origin: string): FastifyReply {
  return reply.from(undefined, {
    getUpstream: () => origin,
    rewriteRequestHeaders: (_request, headers) => {
      // This server has answered `Expect: 100-continue` itself, and its client can't send it.
      const { expect: _answered, ...sent } = headers;
      const before = sent["x-forwarded-for"];
      return {
        ...sent,
        "x-forwarded-for": before ? `${String(before)}, ${request.ip}` : request.ip,
        "x-forwarded-host": request.host,
        "x-forwarded-proto": request.protocol,
      };
    },
    // The default asks again after every 503, and takes its whole seconds for milliseconds.
    retryDelay: () => null,
    onError: (_reply, { error }) => void reply.send(new Unreachable({ cause: error })),
  });
}

async function closeDoor(app: FastifyInstance, withinMs: number): Promise<void> {
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50);
  const late = setTimeout(() => app.server.closeAllConnections(), withinMs);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
    clearTimeout(late);
  }
}
