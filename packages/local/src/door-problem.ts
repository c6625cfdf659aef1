import { type ServerResponse, STATUS_CODES } from "node:http";

/** No answer came from the service behind a route. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";

  constructor(options: { cause: unknown }) {
    super("The service behind this route does not answer; it is being restarted", options);
  }
}

/** Answers what the door itself has to say, as problem+json (RFC 9457). */
export function answerDoorProblem(error: unknown, url: string, response: ServerResponse): void {
  if (response.headersSent) {
    // The answer broke off half way: the client is to notice.
    response.destroy();
    return;
  }
  const [status, code, detail] = told(error);
  const problem = {
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    code,
    detail,
    message: detail,
    instance: url.replace(/\?.*$/s, ""),
  };
  response
    .writeHead(status, {
      "content-type": "application/problem+json",
      ...(status === 503 && { "retry-after": "1" }),
    })
    .end(JSON.stringify(problem));
}

function told(error: unknown): [number, string, string] {
  if (error instanceof Unreachable) return [503, "UNREACHABLE", error.message];
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  // What is left are requests that have no place to go: malformed URLs, `/../` in them.
  if (typeof status === "number" && status < 500)
    return [status, "BAD_REQUEST", "The URL or the head of this request can't be understood"];
  return [400, "BAD_REQUEST", "This request can't be passed on"];
}
