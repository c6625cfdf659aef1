import { join } from "node:path";

import { build } from "vite";

const root = import.meta.dirname;

/** Builds the dashboard (a fraction of a second). @returns the folder with its `index.html` */
export async function buildWeb({
  outDir = join(root, "dist"),
}: { outDir?: string } = {}): Promise<string> {
  await build({
    root,
    configFile: join(root, "vite.config.ts"),
    build: { outDir },
    logLevel: "warn",
  });
  return outDir;
}
