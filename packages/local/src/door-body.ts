import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";

/** What came of a body before its service is asked. */
export interface Gathered {
  first: Buffer;
  /** Whether there is more to come. */
  more: boolean;
}

export interface BodyRoom {
  /** Bytes of all bodies that are held. */
  most: number;
  /** Bytes of one body that are waited for. */
  mostOfOne: number;
  used: number;
}

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;

/**
 * Waits for a whole small body, so that no service is kept busy by one that comes in slowly. Of a
 * large one, or where there is no more room, it takes what has come: the service has seen the head
 * by then, and refuses a stranger at once. What is held is given back by `release`.
 */
export function gatherBody(
  request: IncomingMessage,
  room: BodyRoom,
  received: (bytes: number) => void,
): { gathered: Promise<Gathered>; release: () => void } {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { promise: gathered, resolve, reject } = Promise.withResolvers<Gathered>();
  const settle = (more: boolean) => {
    request.off("data", take).off("end", whole).off("close", broken).pause();
    resolve({ first: Buffer.concat(chunks, bytes), more });
  };
  const take = (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    room.used += chunk.length;
    received(chunk.length);
    if (bytes > room.mostOfOne || room.used > room.most) settle(true);
  };
  const whole = () => settle(false);
  const broken = () => reject(new Error("the client went away"));
  request.on("data", take).once("end", whole).once("close", broken);
  return {
    gathered,
    release: () => {
      room.used -= bytes;
      bytes = 0;
    },
  };
}

/**
 * A body as it comes, behind what has come already. Where its service takes no more of it, the rest is
 * thrown away and the request stays whole: its answer is still to go out.
 */
export function restOfBody(first: Buffer, request: IncomingMessage): PassThrough {
  const rest = new PassThrough();
  const pass = (chunk: Buffer) => {
    if (!rest.write(chunk)) request.pause();
  };
  const more = () => request.resume();
  const end = () => {
    request.off("close", broken);
    rest.end();
  };
  const broken = () => rest.destroy(new Error("the client went away"));
  rest.once("close", () => {
    request.off("data", pass).off("end", end).off("close", broken).resume();
  });
  rest.on("drain", more);
  rest.write(first);
  // Its last bytes may have been among the first.
  if (request.readableEnded) end();
  else request.on("data", pass).once("end", end).once("close", broken).resume();
  return rest;
}
