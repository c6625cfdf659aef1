/** Makes a project in the database of DATABASE_URL and prints its keys, once: `make-project.ts NAME`. */
import { openDatabase } from "@groundswell/db";

import { makeProject } from "./start/project.ts";

const url = process.env["DATABASE_URL"];
const [name] = process.argv.slice(2);
if (!url || !name || name.startsWith("-")) {
  console.error("DATABASE_URL=postgres://… node scripts/make-project.ts NAME");
  process.exit(2);
}
const database = openDatabase(url, { role: "maintenance", name: "make-project", max: 1 });
const { projectId, secretKey, writeKey } = await makeProject(database, name);
await database.close();
console.log(`project     ${projectId}\nsecret key  ${secretKey}\nwrite key   ${writeKey}`);
console.log("dashboard   GROUNDSWELL_KEY=<secret key> pnpm dashboard https://your.host");
