/**
 * The only door to drizzle-orm. Loaded with `require`, because Node reads the package.json of an
 * ES module's package once for each of its modules, and drizzle has hundreds: a second lost at each start.
 */
import { createRequire } from "node:module";

import type * as Orm from "drizzle-orm";
import type * as MigrationFiles from "drizzle-orm/migrator";
import type * as NodePostgres from "drizzle-orm/node-postgres";
import type * as PgCore from "drizzle-orm/pg-core";

const require = createRequire(import.meta.url);

export const orm = require("drizzle-orm") as typeof Orm;
export const pgCore = require("drizzle-orm/pg-core") as typeof PgCore;
export const nodePostgres = require("drizzle-orm/node-postgres") as typeof NodePostgres;
export const migrationFiles = require("drizzle-orm/migrator") as typeof MigrationFiles;
