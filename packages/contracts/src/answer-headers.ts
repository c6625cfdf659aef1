/**
 * What every answer carries, the door's own and framework errors included. An answer of the API is
 * for who asked: nothing keeps it, guesses at its type, frames it or runs it. Pages say otherwise.
 */
export const ANSWER_HEADERS = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
} as const;
