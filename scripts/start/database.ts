import { createDatabase, type Local } from "@groundswell/local";

const NAME = "groundswell";
/** SQLSTATE duplicate_database. */
const EXISTS = "42P04";

/** The database of an installation: the one that the user named, or our own in our own server. */
export async function databaseOf(
  local: Local,
  env: Record<string, string | undefined>,
): Promise<string> {
  if (env["DATABASE_URL"]) return local.databaseUrl;
  try {
    return await createDatabase(local.databaseUrl, NAME);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === EXISTS)) throw error;
    const url = new URL(local.databaseUrl);
    url.pathname = `/${NAME}`;
    return url.href;
  }
}
