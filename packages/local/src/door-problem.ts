import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import { ANSWER_HEADERS } from "@groundswell/contracts";

/** What the door itself has to say to a request; everything else is the services' word. */
export class DoorProblem extends Error {
  override readonly name = "DoorProblem";
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string, options?: { cause: unknown }) {
    super(detail, options);
    this.status = status;
    this.code = code;
  }
}

export const unreachable = (cause: unknown) =>
  new DoorProblem(
    503,
    "UNREACHABLE",
    "The service behind this route does not answer; it is being restarted",
    { cause },
  );

export const tooSlow = () =>
  new DoorProblem(408, "TOO_SLOW", "The request did not arrive in time: send it again");

export const notFound = (method: string, path: string) =>
  new DoorProblem(404, "NOT_FOUND", `No route ${method} ${path}`);

/** Answers as problem+json (RFC 9457). @param url as it was asked for; its query may hold a key */
export function answerDoorProblem(problem: DoorProblem, url: string, answer: ServerResponse): void {
  if (answer.headersSent) {
    // The answer broke off half way: the client is to notice.
    answer.destroy();
    return;
  }
  const { status, headers, body } = written(problem, url);
  answer.writeHead(status, headers).end(body);
}

/** For what never became a request: the head is no HTTP, too long or too late. */
export function answerOnSocket(problem: DoorProblem, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = written(problem, "");
  const lines = Object.entries({ ...headers, connection: "close" }).map((pair) => pair.join(": "));
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("\r\n")}\r\n\r\n${body}`,
  );
  socket.destroySoon();
}

function written({ status, code, message }: DoorProblem, url: string) {
  const body = JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    code,
    detail: message,
    // Clients of the tracking API look for it.
    message,
    ...(url !== "" && { instance: url.replace(/\?.*$/s, "") }),
  });
  const headers = {
    ...ANSWER_HEADERS,
    "content-type": "application/problem+json",
    "content-length": String(Buffer.byteLength(body)),
    ...(status === 503 && { "retry-after": "1" }),
  };
  return { status, headers, body };
}

/** What node's parser says of a head that it can't read. */
export function problemOfHead({ code }: NodeJS.ErrnoException): DoorProblem {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return tooSlow();
  if (code === "HPE_HEADER_OVERFLOW")
    return new DoorProblem(431, "HEAD_TOO_LONG", "The head of this request is longer than 16 KiB");
  return new DoorProblem(400, "BAD_REQUEST", "The head of this request can't be understood");
}
