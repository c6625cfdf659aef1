/** Runs models for a parent that doesn't trust them. Started by `launch`; reads descriptor 0, answers on 3. */
import { readSync, writeSync } from "node:fs";

import { openSession } from "../session.ts";
import type { Session } from "../session.ts";
import { createFrameReader, framePieces } from "./frame.ts";
import type { Frame } from "./frame.ts";
import { bytesOf, headerOf, MESSAGE_LENGTH, tensorsOf } from "./messages.ts";
import type { Answer, Request } from "./messages.ts";

const REQUESTS = 0;
const ANSWERS = 3;

let session: Session | undefined;
let outputBytes = 0;

function handle({ header, payload }: Frame): void {
  // The parent is trusted: it is this process that isn't.
  const request = header as Request;
  if (request.kind === "load") {
    session?.close();
    session = undefined;
    ({ outputBytes } = request);
    // An arena doesn't get over an allocation that failed, and keeps what one run took.
    session = openSession(payload, { threads: request.threads, arena: false });
    answer({ kind: "loaded" });
    return;
  }
  if (session === undefined) throw new Error("No model is loaded");
  const tensors = tensorsOf(request.feeds, payload);
  const feeds = Object.fromEntries(tensors.map((value, i) => [request.names[i] ?? "", value]));
  const into = Object.fromEntries(request.wanted.map((name) => [name, null]));
  const results = session.run(feeds, into);
  const outputs = request.wanted.flatMap((name) => results[name] ?? []);
  let length = 0;
  for (const { data } of outputs) length += data.byteLength;
  if (length > outputBytes) {
    throw new Error(`The outputs have ${length} bytes, ${outputBytes} are allowed`);
  }
  answer({ kind: "ran", outputs: outputs.map(headerOf) }, outputs.map(bytesOf));
}

function answer(header: Answer, payload: readonly Uint8Array[] = []): void {
  for (const piece of framePieces(header, payload)) {
    let at = 0;
    while (at < piece.length) at += writeSync(ANSWERS, piece, at);
  }
}

const reader = createFrameReader({
  headerBytes: Number.MAX_SAFE_INTEGER,
  payloadBytes: Number.MAX_SAFE_INTEGER,
});
const chunk = new Uint8Array(65_536);
for (let read = readSync(REQUESTS, chunk); read > 0; read = readSync(REQUESTS, chunk)) {
  for (const frame of reader.push(chunk.subarray(0, read))) {
    try {
      handle(frame);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      answer({ kind: "failed", message: message.slice(0, MESSAGE_LENGTH) });
    }
  }
}
session?.close();
