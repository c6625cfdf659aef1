import fc from "fast-check";
import { expect, test } from "vitest";

import { createFrameReader, FrameError, framePieces } from "./frame.ts";

const bounds = { headerBytes: 1_000, payloadBytes: 1_000 };
const bytesOf = (header: unknown, ...payload: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(framePieces(header, payload)));

const frame = fc.record({
  header: fc.jsonValue({ maxDepth: 2, stringUnit: "grapheme-ascii" }),
  payload: fc.uint8Array({ maxLength: 50 }),
});

test("frames come out as they went in, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 5 }),
      fc.array(fc.nat({ max: 20 })),
      (frames, cuts) => {
        const reader = createFrameReader({ headerBytes: 2 ** 20, payloadBytes: 1_000 });
        const stream = new Uint8Array(
          Buffer.concat(frames.map(({ header, payload }) => bytesOf(header, payload))),
        );
        const got = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          got.push(...reader.push(stream.subarray(at, at + cut)));
          at = Math.min(stream.length, at + cut);
        }
        got.push(...reader.push(stream.subarray(at)));
        expect(got.map(({ payload }) => payload)).toEqual(frames.map(({ payload }) => payload));
        expect(got.map(({ header }) => header)).toEqual(
          frames.map(({ header }) => JSON.parse(JSON.stringify(header))),
        );
      },
    ),
  );
});

test("announced lengths are held against the bounds before memory is taken", () => {
  const prefixed = (header: number, payload: number, text = ""): Uint8Array => {
    const view = new DataView(new ArrayBuffer(12));
    view.setUint32(0, header, true);
    view.setFloat64(4, payload, true);
    return new Uint8Array([...new Uint8Array(view.buffer), ...new TextEncoder().encode(text)]);
  };
  const push = (bytes: Uint8Array) => () => createFrameReader(bounds).push(bytes);
  expect(push(prefixed(1_001, 0))).toThrow(FrameError);
  for (const payload of [1_001, -1, 0.5, Number.NaN, Infinity, 2 ** 60]) {
    expect(push(prefixed(2, payload, "{}"))).toThrow(FrameError);
  }
  expect(push(prefixed(2, 0, "{]"))).toThrow("no JSON");
});
