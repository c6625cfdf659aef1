/** The front door as a process of its own: one origin, routes to the services as `contracts` lists them. */
import { routes } from "@groundswell/contracts";
import { openDoor } from "@groundswell/local";
import { z } from "zod";

const Environment = z.object({
  INGEST: z.url().default("http://ingest:8080"),
  SERVE: z.url().default("http://serve:8080"),
  CONSOLE: z.url().default("http://console:8080"),
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
});

const environment = Environment.parse(process.env);
const door = await openDoor({
  routes,
  upstreams: {
    ingest: environment.INGEST,
    serve: environment.SERVE,
    console: environment.CONSOLE,
  },
  otherwise: "console",
  host: environment.HOST,
  port: environment.PORT,
});
console.log(`The door answers at ${door.address}`);
process.send?.({ ready: door.address });
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void door.close().then(() => process.exit(0)));
