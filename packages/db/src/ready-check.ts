import type { Queries } from "./database.ts";

/** For `/readyz` of a service that can't work without PostgreSQL. */
export const postgresCheck = (database: Queries) => ({
  name: "postgresql",
  check: async (): Promise<void> => {
    await database.query("select 1");
  },
});
