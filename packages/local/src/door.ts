import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

import { Agent } from "undici";

import type { BodyRoom } from "./door-body.ts";
import { createGuests, type GuestLimits, type Guests } from "./door-guests.ts";
import { passOn } from "./door-pass.ts";
import {
  answerDoorProblem,
  answerOnSocket,
  DoorProblem,
  notFound,
  problemOfHead,
} from "./door-problem.ts";
import { doorRoutes, type DoorRoutesOptions, effectiveMethod, targetOf } from "./door-routes.ts";

export interface DoorOptions extends DoorRoutesOptions {
  host: string;
  port: number;
  /** What guests may use of it; each has a default. */
  limits?: Partial<DoorLimits>;
  /** How long `close` waits for answers under way, event streams among them. */
  closeWithinMs?: number;
}

export interface DoorLimits extends GuestLimits {
  /** Bytes of all bodies that are held until they are whole. */
  bodyBytes: number;
}

/** A connection takes up to two descriptors here, and one at its service. */
export const DOOR_LIMITS: DoorLimits = {
  connections: 4_096,
  connectionsPerAddress: 1_024,
  waiting: 3_072,
  patienceMs: 10_000,
  bodyBytes: 64 * 1024 * 1024,
};

export interface Door {
  /** Origin that it answers at. */
  address: string;
  /** Who is connected. */
  count: Guests["count"];
  close: () => Promise<void>;
}

const BODY_BYTES_OF_ONE = 64 * 1024;
/** A client that takes nothing of its answer for so long, or asks nothing more, is let go. */
const QUIET_MS = 75_000;
const SWEEP_MS = 500;

/**
 * One origin in front of all services. Targets, headers and bodies pass as they were sent, and event
 * streams flow. Slow senders wait here and keep no service busy (ADR 0012). A service that can't be
 * reached is a 503 with `Retry-After`; the door itself needs none of them to start.
 */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const limits = { ...DOOR_LIMITS, ...options.limits };
  const guests = createGuests(limits, () => performance.now());
  const services = new Agent({
    connectTimeout: 5_000,
    headersTimeout: 60_000,
    // An event stream may be silent for as long as nothing happens.
    bodyTimeout: 0,
    // Each guest asks one thing at a time: they are the bound. A smaller one would be held by the slow.
    connections: null,
    pipelining: 1,
  });
  const room = { most: limits.bodyBytes, mostOfOne: BODY_BYTES_OF_ONE, used: 0 };
  const server = serverFor({ options, limits, guests, services, room });
  const sweep = setInterval(() => guests.sweep(), Math.min(SWEEP_MS, limits.patienceMs / 2));
  try {
    await listen(server, options);
  } catch (error) {
    clearInterval(sweep);
    await services.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://${options.host === "0.0.0.0" ? "127.0.0.1" : options.host}:${port}`,
    count: guests.count,
    close: async () => {
      clearInterval(sweep);
      await closeServer(server, options.closeWithinMs ?? 2_000);
      await services.destroy();
    },
  };
}

interface ServerDeps {
  options: DoorOptions;
  limits: DoorLimits;
  guests: Guests;
  services: Agent;
  room: BodyRoom;
}

function serverFor({ options, limits, guests, services, room }: ServerDeps): Server {
  const wayOf = doorRoutes(options);
  const answerTo = (request: IncomingMessage, answer: ServerResponse) => {
    const { url = "" } = request;
    const target = targetOf(url);
    if (target === undefined) {
      const detail = `${url.slice(0, 100)} is no path of this server`;
      answerDoorProblem(new DoorProblem(400, "BAD_URL", detail), url, answer);
      return;
    }
    const [path = ""] = target.split("?", 1);
    // What services say of themselves is for who runs them, who asks each at its own address.
    if (path === "/metrics") {
      answerDoorProblem(notFound(request.method ?? "", path), url, answer);
      return;
    }
    const way = wayOf(effectiveMethod(request), path);
    void passOn({ services, guests, room }, request, answer, { target, way });
  };
  const server = createServer(
    {
      headersTimeout: limits.patienceMs,
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(SWEEP_MS, limits.patienceMs / 2),
      keepAliveTimeout: QUIET_MS,
    },
    answerTo,
  );
  server.timeout = QUIET_MS;
  server.on("connection", guests.arrived);
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) =>
    answerOnSocket(problemOfHead(error), socket),
  );
  server.on("connect", (_request, socket: Socket) =>
    answerOnSocket(new DoorProblem(405, "NO_TUNNEL", "This server opens no tunnels"), socket),
  );
  return server;
}

function listen(server: Server, { host, port }: DoorOptions): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, () => {
    server.off("error", reject);
    resolve();
  });
  return promise;
}

async function closeServer(server: Server, withinMs: number): Promise<void> {
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), withinMs);
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await promise;
  clearInterval(sweep);
  clearTimeout(late);
}
