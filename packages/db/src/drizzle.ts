/**
 * The only door to drizzle-orm. Loaded with `require`, because Node reads the package.json of an
 * ES module's package once for each of its modules, and drizzle has hundreds: a second lost at each start.
 */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export const orm = require("drizzle-orm") as typeof import("drizzle-orm");
export const pgCore = require("drizzle-orm/pg-core") as typeof import("drizzle-orm/pg-core");
export const nodePostgres =
  require("drizzle-orm/node-postgres") as typeof import("drizzle-orm/node-postgres");
export const migrator =
  require("drizzle-orm/node-postgres/migrator") as typeof import("drizzle-orm/node-postgres/migrator");
