import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { routes } from "@groundswell/contracts";
import { type Door, freePort, openDoor, supervise, type Supervised } from "@groundswell/local";

import { mainOf, type ServiceName, SERVICES } from "./services.ts";

export interface PlatformOptions {
  /** Migrated. */
  databaseUrl: string;
  redisUrl: string;
  /** Folder of the artifact store. */
  artifacts: string;
  /** Folder for one log file a service. */
  logs: string;
  /** Names jobs and channels, so that installations can share one Redis. */
  prefix?: string;
  /** Where the door answers; 0 takes any free port. */
  port: number;
  /** The services' environment besides what is given here. */
  env: Record<string, string | undefined>;
  onEnded?: (event: { name: string; signal: NodeJS.Signals | null; code: number | null }) => void;
  onRestarted?: (event: { name: string; downMs: number }) => void;
  onPortTaken?: (port: number) => void;
}

export interface Platform {
  /** The one origin of all services. */
  address: string;
  services: Readonly<Record<ServiceName, Supervised>>;
  /** Stops the door, then the services, which drain. */
  stop: () => Promise<void>;
}

const HOST = "127.0.0.1";

/**
 * Every service as a process of its own, each brought back when it ends, behind one door.
 *
 * @throws where a service does not get ready, with the end of its log; nothing is left running
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  await mkdir(options.artifacts, { recursive: true, mode: 0o700 });
  const ports = await portsOfServices();
  const starting = SERVICES.map(async (name) => startService(name, ports[name], options));
  const settled = await Promise.allSettled(starting);
  const running = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const stopServices = async () => {
    await Promise.all(running.map((service) => service.stop()));
  };
  const failed = settled.find((one) => one.status === "rejected");
  if (failed) {
    await stopServices();
    throw failed.reason;
  }
  try {
    const door = await openFreeDoor(options, upstreamsOf(ports));
    return {
      address: door.address,
      services: byName(running),
      stop: async () => {
        await door.close();
        await stopServices();
      },
    };
  } catch (error) {
    await stopServices();
    throw error;
  }
}

type Ports = Record<ServiceName, number>;

async function portsOfServices(): Promise<Ports> {
  const ports: Partial<Ports> = {};
  for (const name of SERVICES) ports[name] = await freePort();
  return ports as Ports;
}

const upstreamsOf = (ports: Ports) =>
  Object.fromEntries(SERVICES.map((name) => [name, `http://${HOST}:${ports[name]}`]));

async function startService(
  name: ServiceName,
  port: number,
  options: PlatformOptions,
): Promise<Supervised> {
  const { databaseUrl, redisUrl, artifacts, prefix } = options;
  const service = await supervise({
    name,
    file: mainOf(name),
    env: {
      ...options.env,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      ARTIFACTS: artifacts,
      HOST,
      PORT: String(port),
      ...(prefix !== undefined && { QUEUE_PREFIX: prefix }),
    },
    logFile: join(options.logs, `${name}.log`),
    ready: `http://${HOST}:${port}/readyz`,
  });
  if (options.onEnded) service.events.on("ended", options.onEnded);
  if (options.onRestarted) service.events.on("restarted", options.onRestarted);
  return service;
}

function byName(running: readonly Supervised[]): Record<ServiceName, Supervised> {
  const services: Partial<Record<ServiceName, Supervised>> = {};
  for (const [index, name] of SERVICES.entries()) {
    const service = running[index];
    if (service) services[name] = service;
  }
  return services as Record<ServiceName, Supervised>;
}

const PORTS_TO_TRY = 20;

/** The door at the wanted port, or at the next that is free. */
async function openFreeDoor(
  { port: wanted, onPortTaken }: PlatformOptions,
  upstreams: Record<string, string>,
): Promise<Door> {
  for (let tries = 0; ; tries++) {
    const port = wanted === 0 ? 0 : wanted + tries;
    try {
      return await openDoor({
        routes,
        upstreams,
        otherwise: "console",
        host: HOST,
        port,
      });
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!taken || tries >= PORTS_TO_TRY) throw error;
      onPortTaken?.(port);
    }
  }
}
