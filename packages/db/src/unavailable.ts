/** Network errors of Node, and SQLSTATEs of a server that is starting, stopping, full or can't write (PostgreSQL, appendix A). */
const UNAVAILABLE =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|08\w{3}|53\w{3}|57P0[1-5]|58030)$/;

/** Messages of node-postgres that come without a code. */
const GONE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed and is not queryable)/;

/** Whether a query failed because PostgreSQL can't be reached or can't work now: later it may. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.some(isUnavailable)) return true;
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string" && UNAVAILABLE.test(error.code))
    return true;
  return GONE.test(error.message) || isUnavailable(error.cause);
}
