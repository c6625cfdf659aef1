/** Brings the database of DATABASE_URL up to the newest migration. For images; `start` does it by itself. */
import { migrateDatabase } from "@groundswell/db";

const url = process.env["DATABASE_URL"];
if (!url) {
  console.error(
    "DATABASE_URL is missing: the PostgreSQL to migrate, as a user that may make roles",
  );
  process.exit(2);
}
await migrateDatabase(url);
console.log("The database is up to date.");
