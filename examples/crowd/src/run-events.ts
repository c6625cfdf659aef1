import { setTimeout as delay } from "node:timers/promises";

import { RunEvent } from "@groundswell/contracts";

import type { Client } from "./client.ts";
import { Refused } from "./problem.ts";

/** Follows a training run as it happens, and takes the stream up again where it was cut. */
export async function* followRun(
  client: Client,
  model: string,
  run: string,
): AsyncGenerator<RunEvent> {
  let last: string | undefined;
  for (;;) {
    try {
      const response = await client.open(
        `/api/v1/models/${model}/training-runs/${run}/events`,
        last === undefined ? {} : { "last-event-id": last },
      );
      if (!response.body) throw new Error("an event stream without a body");
      for await (const { id, data } of readEvents(response.body)) {
        if (id !== undefined) last = id;
        const event = RunEvent.parse(JSON.parse(data));
        yield event;
        if (event.type === "status" && isFinal(event.status)) return;
      }
    } catch (error) {
      if (error instanceof Refused && error.status < 500) throw error;
      await delay(300);
    }
  }
}

const isFinal = (status: string) => status !== "queued" && status !== "running";

interface ServerSentEvent {
  id: string | undefined;
  data: string;
}

/** Server-sent events (WHATWG HTML, 9.2.6), as far as this API uses them. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = parseEvent(text.slice(0, end));
      text = text.slice(end + 2);
      if (event) yield event;
    }
  }
}

/** @returns undefined for a comment, such as a heartbeat */
function parseEvent(block: string): ServerSentEvent | undefined {
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") id = value;
    else if (field === "data") data.push(value);
  }
  return data.length === 0 ? undefined : { id, data: data.join("\n") };
}
