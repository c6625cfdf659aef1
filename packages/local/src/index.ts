/** What a system on one machine needs around its services: databases, processes, one address. */
export { serverAccount } from "./account.ts";
export { openCacheDir } from "./cache-dir.ts";
export { createDatabase, dropDatabase } from "./databases.ts";
export { type Door, DOOR_LIMITS, type DoorLimits, type DoorOptions, openDoor } from "./door.ts";
export { freePort } from "./server-process.ts";
export { instanceFolder, type Local, type LocalOptions, startLocal } from "./start-local.ts";
export {
  supervise,
  type Supervised,
  type SuperviseOptions,
  type SupervisorEvents,
} from "./supervisor.ts";
