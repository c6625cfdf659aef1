import {
  BadRequest,
  Busy,
  Forbidden,
  keyInAuthorization,
  type Route,
  routes,
  Unauthorized,
} from "@groundswell/contracts";
import { type Caller, type FindCaller, isUnavailable } from "@groundswell/db";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { assertOwnPage, sessionIn } from "./session-cookie.ts";

/** One request to a route of the contract, from somebody who may make it. */
export interface Asked {
  caller: Caller;
  /** Path parameters, decoded. */
  params: Readonly<Record<string, string>>;
  query: unknown;
  body: unknown;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** @returns the body of the answer; the status is the contract's */
type Answer = (asked: Asked) => Promise<unknown>;

export interface ContractRoutes {
  /** `name` as in `GET /api/v1/models`. */
  on: (name: string, answer: Answer) => void;
  /** @throws Error that names the routes of the contract that nobody answers */
  assertComplete: () => void;
}

export interface ContractRoutesOptions {
  findCaller: FindCaller;
  /** Who a session of the dashboard is of; undefined where it is over. */
  findSession: FindCaller;
  /** Whether every answer is held against its schema: for tests, where a mismatch is a 500. */
  checkAnswers: boolean;
}

/** Registers the console's part of the route table: what is not in the table can't be registered. */
export function contractRoutes(
  app: FastifyInstance,
  { findCaller, findSession, checkAnswers }: ContractRoutesOptions,
): ContractRoutes {
  const callers = new WeakMap<FastifyRequest, Caller>();
  const letIn = async (request: FastifyRequest) => {
    const caller = await whileAvailable(() => authenticate(request, { findCaller, findSession }));
    if (caller.kind !== "secret") throw new Forbidden("use the control API");
    callers.set(request, caller);
  };
  const open = new Map(
    routes
      .filter(({ service }) => service === "console")
      .map((route) => [`${route.method} ${route.path}`, route]),
  );
  return {
    on: (name, answer) => {
      const route = open.get(name);
      if (!route)
        throw new Error(`${name} is not a route of the console, or has an answer already`);
      open.delete(name);
      app.route({
        method: route.method,
        url: route.path,
        // A stranger is told so before the body is read.
        onRequest: letIn,
        handler: async (request, reply) => {
          const caller = callers.get(request);
          if (!caller) throw new Unauthorized();
          const payload = await whileAvailable(async () => {
            const { query, body } = request;
            const params = paramsOf(request);
            return answer({ caller, params, query, body, request, reply });
          });
          if (checkAnswers) assertAnswer(route, payload);
          reply.code(route.success.status);
          return payload;
        },
      });
    },
    assertComplete: () => {
      if (open.size > 0) throw new Error(`Nobody answers ${[...open.keys()].join(", ")}`);
    },
  };
}

/** A database that is away is no mistake of ours or theirs: it passes. */
async function whileAvailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isUnavailable(cause)) throw cause;
    throw new Busy("The database is away for a moment: try again", { retryAfter: 1, cause });
  }
}

/** By a key, or by the cookie of the dashboard: a header that is there has the word. */
async function authenticate(
  request: FastifyRequest,
  { findCaller, findSession }: Pick<ContractRoutesOptions, "findCaller" | "findSession">,
): Promise<Caller> {
  const { authorization } = request.headers;
  const session = authorization === undefined ? sessionIn(request) : undefined;
  if (session !== undefined && request.method !== "GET") assertOwnPage(request);
  const key = keyInAuthorization(authorization);
  const caller = await (session !== undefined ? findSession(session) : key && findCaller(key));
  if (!caller) throw new Unauthorized();
  return caller;
}

function paramsOf(request: FastifyRequest): Record<string, string> {
  const { params } = request;
  if (typeof params !== "object" || params === null) return {};
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
}

function assertAnswer({ method, path, success }: Route, payload: unknown): void {
  if (success.contentType) return; // no JSON: its parts are what the schema is about
  const parsed = success.schema?.safeParse(payload);
  if (parsed && !parsed.success)
    throw new Error(`${method} ${path} answered what it may not: ${parsed.error.message}`);
}

/** A path parameter that the route's own path has. */
export function param(asked: Asked, name: string): string {
  const value = asked.params[name];
  if (value === undefined || value === "") throw new BadRequest(`The path lacks its ${name}`);
  return value;
}
