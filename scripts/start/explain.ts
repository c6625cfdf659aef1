import { UsageError } from "./options.ts";

/** What is no condition of the machine, but a mistake of ours: only a stack trace helps. */
const MISTAKES = [TypeError, ReferenceError, RangeError, SyntaxError];

/**
 * An error as a line for a person: what happened, and what to do where that is known. What can only be
 * a mistake of the program keeps its stack trace.
 */
export function explain(error: unknown, env: Record<string, string | undefined>): string {
  if (!(error instanceof Error)) return String(error);
  if (env["GROUNDSWELL_DEBUG"]) return traceOf(error);
  if (error instanceof UsageError) return error.message;
  const root = rootOf(error);
  const known = knownCondition(codeOf(root), root, env);
  if (known) return known;
  if (MISTAKES.some((kind) => root instanceof kind) && codeOf(root) === undefined)
    return traceOf(error);
  const cause = root === error ? "" : ` (${root.message})`;
  return `${error.message || root.message}${cause}`;
}

function knownCondition(
  code: string | undefined,
  error: Error,
  env: Record<string, string | undefined>,
): string | undefined {
  if (code === undefined) return undefined;
  const at = "path" in error && typeof error.path === "string" ? ` at ${error.path}` : "";
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return `no room is left on the disk${at}: make some, or set GROUNDSWELL_CACHE_DIR to a folder on another one`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return `this user may not write${at}: set GROUNDSWELL_CACHE_DIR to a folder that it owns`;
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EHOSTUNREACH":
    case "ETIMEDOUT":
      return `${serverIn(error, env)} does not answer (${code}): is it up, and is the address right?`;
    case "28P01":
    case "28000":
      return `PostgreSQL at DATABASE_URL refuses the user: ${error.message}`;
    case "3D000":
      return `PostgreSQL at DATABASE_URL has no such database: ${error.message}`;
    case "42501":
      return `the user of DATABASE_URL lacks a right: ${error.message}. It makes tables and roles, so it needs CREATEROLE`;
    case "EADDRINUSE":
      return "the port is taken, and so are those after it: choose another with --port";
    default:
      return undefined;
  }
}

/** By the port where it is told; the address without its password. */
function serverIn(error: Error, env: Record<string, string | undefined>): string {
  const port = "port" in error ? String(error.port) : undefined;
  for (const [name, usual] of [
    ["DATABASE_URL", "5432"],
    ["REDIS_URL", "6379"],
  ] as const) {
    const url = env[name] ? URL.parse(env[name]) : null;
    if (url && (port === undefined || (url.port || usual) === port)) return `${name} (${url.host})`;
  }
  return "a server";
}

const codeOf = (error: Error) =>
  "code" in error && typeof error.code === "string" ? error.code : undefined;

/** The first cause. Of several tries (each address of a host name) the first one stands for all. */
function rootOf(error: Error): Error {
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return inner instanceof Error ? rootOf(inner) : error;
}

const traceOf = (error: Error) => error.stack ?? error.message;
