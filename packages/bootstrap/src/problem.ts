import { STATUS_CODES } from "node:http";

import { z } from "zod";

/** One thing wrong with a request: a JSON pointer to it, and what would be right. */
export interface ProblemIssue {
  path: string;
  message: string;
}

/** RFC 9457, with the code that a client may rely on. */
export interface Problem {
  type: "about:blank";
  title: string;
  status: number;
  code: string;
  detail: string;
  instance: string;
  issues?: readonly ProblemIssue[];
}

export interface Answer {
  problem: Problem;
  /** Whole seconds, for `Retry-After`. */
  retryAfter?: number;
  /** Nobody foresaw it: it is to be logged, and the client is told nothing. */
  unexpected: boolean;
}

interface Finding {
  status: number;
  code: string;
  detail: string;
  issues?: readonly ProblemIssue[];
  retryAfter?: number;
}

/** The codes that fastify's own errors are known by here. */
const FRAMEWORK_CODES: Record<string, string> = {
  FST_ERR_BAD_URL: "BAD_URL",
  FST_ERR_INVALID_URL: "BAD_URL",
  FST_ERR_MAX_PARAM_LENGTH: "URL_TOO_LONG",
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "UNSUPPORTED_MEDIA_TYPE",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "BAD_CONTENT_LENGTH",
  FST_ERR_CTP_EMPTY_JSON_BODY: "BAD_JSON",
  FST_ERR_CTP_INVALID_JSON_BODY: "BAD_JSON",
  FST_ERR_HANDLER_TIMEOUT: "TIMED_OUT",
};

/** PostgreSQL refuses NUL characters, which JSON allows, in text (22021) and in jsonb (22P05). */
const NUL_REFUSED = new Set(["22021", "22P05"]);

/**
 * What a client is told about an error. Foreseen are errors with a `code` and a
 * `statusCode` (and `issues`, `retryAfter`), fastify's own, and zod's; any other is a 500
 * that says nothing.
 */
export function answerFor(error: unknown, instance: string): Answer {
  const found =
    fromZod(error) ??
    fromFramework(error) ??
    fromCoded(error) ??
    fromSyntax(error) ??
    fromNul(error);
  const { status, code, detail, issues, retryAfter } = found ?? {
    status: 500,
    code: "INTERNAL",
    detail: "Something went wrong on our side; the log has it under this request's x-request-id",
  };
  return {
    problem: {
      type: "about:blank",
      title: STATUS_CODES[status] ?? "Error",
      status,
      code,
      detail,
      instance,
      ...(issues && { issues }),
    },
    ...(retryAfter !== undefined && { retryAfter: Math.max(1, Math.ceil(retryAfter)) }),
    unexpected: found === undefined,
  };
}

function fromZod(error: unknown): Finding | undefined {
  if (!(error instanceof z.core.$ZodError)) return undefined;
  const issues = error.issues.map(({ path, message }) => ({ path: jsonPointer(path), message }));
  const [first] = issues;
  const detail = first ? `${first.path || "the request"}: ${first.message}` : error.message;
  return { status: 400, code: "BAD_REQUEST", detail, issues };
}

/** RFC 6901. */
function jsonPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

interface ErrorLike {
  code?: unknown;
  statusCode?: unknown;
  message?: unknown;
  issues?: unknown;
  retryAfter?: unknown;
  cause?: unknown;
}

const isErrorLike = (error: unknown): error is ErrorLike =>
  typeof error === "object" && error !== null;

function fromFramework(error: unknown): Finding | undefined {
  if (!isErrorLike(error) || typeof error.code !== "string") return undefined;
  const code = FRAMEWORK_CODES[error.code];
  if (code === undefined || typeof error.statusCode !== "number") return undefined;
  return { status: error.statusCode, code, detail: String(error.message) };
}

function fromCoded(error: unknown): Finding | undefined {
  if (!isErrorLike(error)) return undefined;
  const { code, statusCode, message, issues, retryAfter } = error;
  if (typeof code !== "string" || !/^[A-Z][A-Z0-9_]*$/.test(code)) return undefined;
  // fastify's other errors, with codes like these, are mistakes of ours.
  if (code.startsWith("FST_") || typeof statusCode !== "number" || statusCode < 400)
    return undefined;
  return {
    status: statusCode,
    code,
    detail: String(message),
    ...(Array.isArray(issues) && { issues: issues as ProblemIssue[] }),
    ...(typeof retryAfter === "number" && { retryAfter }),
  };
}

/** What fastify's JSON parser throws has a status but no code. */
function fromSyntax(error: unknown): Finding | undefined {
  if (!isErrorLike(error) || error.statusCode !== 400 || !(error instanceof SyntaxError))
    return undefined;
  return { status: 400, code: "BAD_JSON", detail: error.message };
}

function fromNul(error: unknown): Finding | undefined {
  for (let at = error; isErrorLike(at); at = at.cause)
    if (typeof at.code === "string" && NUL_REFUSED.has(at.code))
      return { status: 400, code: "BAD_REQUEST", detail: "Text can't hold a NUL character" };
  return undefined;
}
