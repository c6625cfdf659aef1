import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Each is a process of its own. */
export const SERVICES = ["ingest", "worker", "learner", "trainer", "serve", "console"] as const;
export type ServiceName = (typeof SERVICES)[number];

/** The program of a service. */
export function mainOf(name: ServiceName): string {
  // Resolved as a package, so that a script does not need to know where services lie.
  const entry = createRequire(import.meta.url).resolve(`@groundswell/${name}`);
  return join(dirname(entry), "main.ts");
}
