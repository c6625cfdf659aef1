import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";

import type { Dispatcher } from "undici";

import { type BodyRoom, gatherBody, hasBody, restOfBody } from "./door-body.ts";
import type { Guests } from "./door-guests.ts";
import { answerDoorProblem, DoorProblem, tooSlow, unreachable } from "./door-problem.ts";
import type { Way } from "./door-routes.ts";

export interface PassDeps {
  services: Dispatcher;
  guests: Guests;
  room: BodyRoom;
}

/** Of one hop (RFC 9110 §7.6.1); `expect` was answered here. */
const OF_THE_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/** How long a client whose request was answered before its end may go on sending, to hear of it. */
const LINGER_MS = 2_000;

/** Passes a request on as it is, and the answer back as it comes. */
export async function passOn(
  deps: PassDeps,
  request: IncomingMessage,
  answer: ServerResponse,
  { target, way }: { target: string; way: Way },
): Promise<void> {
  const { guests } = deps;
  const { socket } = request;
  const gone = new AbortController();
  answer.once("close", () => {
    if (!answer.writableFinished) gone.abort();
    linger(request, socket);
    guests.answered(socket);
  });
  let release = () => {};
  try {
    const body = await bodyToPass(deps, request, (give) => (release = give));
    guests.sent(socket);
    if (way.stream) socket.setTimeout(0);
    const answered = await deps.services.request({
      origin: way.origin,
      path: target,
      method: request.method as Dispatcher.HttpMethod,
      headers: headersToPass(request),
      body,
      signal: gone.signal,
      responseHeaders: "raw",
    });
    answer.writeHead(answered.statusCode, headersBack(answered.headers));
    // What is known is told before the first event comes.
    if (way.stream) answer.flushHeaders();
    await pipeline(answered.body, answer);
  } catch (error) {
    // Nobody is there any more who could be answered.
    if (gone.signal.aborted || socket.destroyed) return;
    answerDoorProblem(
      error instanceof DoorProblem ? error : unreachable(error),
      request.url ?? "",
      answer,
    );
  } finally {
    release();
  }
}

async function bodyToPass(
  { guests, room }: PassDeps,
  request: IncomingMessage,
  holding: (release: () => void) => void,
) {
  if (!hasBody(request)) return null;
  const { socket } = request;
  const late = Promise.withResolvers<never>();
  guests.sending(socket, () => late.reject(tooSlow()));
  const { gathered, release } = gatherBody(request, room, (bytes) =>
    guests.received(socket, bytes),
  );
  holding(release);
  const { first, more } = await Promise.race([gathered, late.promise]);
  return more ? restOfBody(first, request) : first;
}

/** As they were sent, repeated ones too; `Host` is the one that was asked for. */
function headersToPass(request: IncomingMessage): string[] {
  const { headers, rawHeaders, socket } = request;
  const dropped = new Set(OF_THE_HOP);
  for (const name of (headers.connection ?? "").split(",")) dropped.add(name.trim().toLowerCase());
  for (const name of ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"])
    dropped.add(name);
  // A client may not have its length dropped by naming it.
  dropped.delete("content-length");
  const from = socket.remoteAddress ?? "";
  const before = headers["x-forwarded-for"];
  const proto = headers["x-forwarded-proto"] === "https" ? "https" : "http";
  const sent = ["x-forwarded-for", before ? `${String(before)}, ${from}` : from];
  sent.push("x-forwarded-host", headers.host ?? "", "x-forwarded-proto", proto);
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (!dropped.has(name.toLowerCase())) sent.push(name, rawHeaders[i + 1] ?? "");
  }
  return sent;
}

function headersBack(raw: unknown): string[] {
  const back: string[] = [];
  const list = raw as Buffer[];
  for (let i = 0; i < list.length; i += 2) {
    const name = String(list[i]);
    // Header bytes are Latin-1 both ways.
    if (!OF_THE_HOP.has(name.toLowerCase())) back.push(name, list[i + 1]?.toString("latin1") ?? "");
  }
  return back;
}

/**
 * Closing on somebody who still sends resets the connection, and the answer is lost with it: what
 * comes is thrown away for a moment first.
 */
function linger(request: IncomingMessage, socket: Socket): void {
  if (request.complete || socket.destroyed) return;
  request.resume();
  const late = setTimeout(() => {
    if (!request.complete) socket.destroy();
  }, LINGER_MS);
  request.once("close", () => clearTimeout(late));
}
