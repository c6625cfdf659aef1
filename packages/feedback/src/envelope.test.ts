import { zstdCompressSync } from "node:zlib";

import fc from "fast-check";
import { expect, test } from "vitest";

import { envelopeLine, itemsOf, readEnvelopes } from "./envelope.ts";

test("whatever JSON was posted, pretty or not, comes back", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.jsonValue(), fc.constantFrom(0, 2, "\t")), { minLength: 1 }),
      (posted) => {
        const lines = posted.map(([body, indent]) =>
          envelopeLine(
            { kind: "feedback", key: "write", gpc: true },
            Buffer.from(JSON.stringify(body, null, indent)),
          ),
        );
        expect(readEnvelopes(zstdCompressSync(Buffer.concat(lines)))).toEqual(
          posted.map(([body]) => ({
            kind: "feedback",
            key: "write",
            gpc: true,
            body: JSON.parse(JSON.stringify(body)),
          })),
        );
      },
    ),
  );
});

test("line breaks of any kind between tokens are harmless, inside strings they are escaped", () => {
  const json = '{\r\n"a":\n"line\\nbreak \u2028"\r}\n';
  const line = envelopeLine({ kind: "tracking", key: "secret" }, Buffer.from(json));
  expect(line.toString().split("\n")).toHaveLength(2);
  expect(readEnvelopes(zstdCompressSync(line))[0]?.body).toEqual({ a: "line\nbreak \u2028" });
});

test("bytes that are no inbox body are an error", () => {
  expect(() => readEnvelopes(Buffer.from("nonsense"))).toThrow(/frame|decompress/i);
  expect(() => readEnvelopes(zstdCompressSync(Buffer.from("{")))).toThrow(SyntaxError);
});

test("items are those of the list, or the body itself", () => {
  expect(itemsOf({ kind: "feedback", body: { items: [1, 2] } })).toEqual([1, 2]);
  expect(itemsOf({ kind: "feedback", body: { id: "x" } })).toEqual([{ id: "x" }]);
  expect(itemsOf({ kind: "tracking", body: { batch: [3] } })).toEqual([3]);
  // What `/v1/track` gets is one message, whatever is in it.
  expect(itemsOf({ kind: "tracking", type: "track", body: { batch: [3] } })).toEqual([
    { batch: [3] },
  ]);
});
