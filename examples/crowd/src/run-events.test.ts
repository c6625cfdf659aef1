import { expect, test } from "vitest";

import { readEvents } from "./run-events.ts";

function inPieces(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += size)));
    },
  });
}

test("events are read whole however the stream is cut, without the heartbeats", async () => {
  const wire = new TextEncoder().encode(
    ': heartbeat\n\nid: 1\nevent: progress\ndata: {"a":\ndata: "ü"}\n\nid:2\ndata:b\n\nid: 3\ndata: cut off',
  );
  for (const size of [1, 2, 7, 1_000]) {
    const events = [];
    for await (const event of readEvents(inPieces(wire, size))) events.push(event);
    expect(events).toEqual([
      { id: "1", data: '{"a":\n"ü"}' },
      { id: "2", data: "b" },
    ]);
  }
});
