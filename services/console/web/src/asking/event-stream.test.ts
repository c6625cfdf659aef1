import fc from "fast-check";
import { expect, test } from "vitest";

import { eventStreamParser, readEvents } from "./event-stream.ts";

const STREAM =
  ': hello\n\nid: 1\ndata: {"a":1}\n\nretry: 500\r\nid: 2\r\nevent: message\r\ndata: two\r\ndata:  lines\r\n\r\ndata:three\n\ndata: unfinished';
const EVENTS = [
  { id: "1", data: '{"a":1}' },
  { id: "2", data: "two\n lines" },
  { id: "2", data: "three" },
];

test("comments, ids, several data lines and all line ends", () => {
  expect(eventStreamParser()(STREAM)).toEqual(EVENTS);
});

test("chunks cut anywhere give the same events", () => {
  const cuts = fc.array(fc.nat(STREAM.length), { maxLength: 8 });
  fc.assert(
    fc.property(cuts, (at) => {
      const edges = [0, ...at.toSorted((a, b) => a - b), STREAM.length];
      const parse = eventStreamParser();
      const events = edges.slice(1).flatMap((end, i) => parse(STREAM.slice(edges[i], end)));
      expect(events).toEqual(EVENTS);
    }),
  );
});

test("a stream is read to its end, and says where to go on", async () => {
  const seen: string[] = [];
  const asked: (string | null)[] = [];
  const last = await readEvents(
    {
      open: (id) => {
        asked.push(id);
        return Promise.resolve(new Response("id: 8\ndata: é\n\n"));
      },
      onEvent: ({ data }) => seen.push(data),
    },
    "7",
  );
  expect({ seen, asked, last }).toEqual({ seen: ["é"], asked: ["7"], last: "8" });
});
