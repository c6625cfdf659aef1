export { createDatabase, dropDatabase } from "./databases.ts";
export { dockerEngine } from "./docker-engine.ts";
export { type Local, type LocalOptions, startLocal } from "./start-local.ts";
