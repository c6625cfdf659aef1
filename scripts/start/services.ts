import { fileURLToPath } from "node:url";

/** Each is a process of its own. */
export const SERVICES = ["ingest", "worker", "learner", "trainer", "serve", "console"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** Resolved as packages, so that no script needs to know where services lie. */
const ENTRIES: Record<ServiceName, string> = {
  ingest: import.meta.resolve("@groundswell/ingest"),
  worker: import.meta.resolve("@groundswell/worker"),
  learner: import.meta.resolve("@groundswell/learner"),
  trainer: import.meta.resolve("@groundswell/trainer"),
  serve: import.meta.resolve("@groundswell/serve"),
  console: import.meta.resolve("@groundswell/console"),
};

/** The program of a service. */
export const mainOf = (name: ServiceName): string =>
  fileURLToPath(new URL("main.ts", ENTRIES[name]));
