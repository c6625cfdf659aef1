import { tensor } from "@groundswell/onnx";
import fc from "fast-check";
import { expect, test } from "vitest";

import { decodeFrame, encodeFrame, type Frame, FrameError } from "./frame.ts";

const header = fc.record({
  modelId: fc.uuid(),
  fence: fc.maxSafeNat().map((n) => n % 1e12),
  base: fc.nat(),
  step: fc.nat(),
});
const name = fc.oneof(fc.string({ minLength: 1, maxLength: 12 }), fc.constant("__proto__"));
const matrix = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, width]) =>
    fc
      .float32Array({ minLength: rows * width, maxLength: rows * width })
      .map((values) => tensor("float32", [rows, width], values)),
  );
const dense = fc.dictionary(name, matrix, { maxKeys: 4, noNullPrototype: true });
const changed = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, width]) =>
    fc.record({
      rows: fc.int32Array({ minLength: rows, maxLength: rows }),
      values: fc.float32Array({ minLength: rows * width, maxLength: rows * width }),
    }),
  );
const whole: fc.Arbitrary<Frame> = fc
  .tuple(header, dense, dense)
  .map(([head, parameters, tables]) => ({
    kind: "whole",
    header: { ...head, from: null },
    weights: { dense: parameters, tables },
  }));
const changes: fc.Arbitrary<Frame> = fc
  .tuple(
    header,
    fc.nat(),
    dense,
    fc.dictionary(name, changed, { maxKeys: 4, noNullPrototype: true }),
  )
  .map(([head, from, parameters, tables]) => ({
    kind: "changes",
    header: { ...head, from },
    changes: { dense: parameters, tables },
  }));
const frame = fc.oneof(whole, changes);

test("a frame comes out as it went in, wherever its bytes lie", () => {
  fc.assert(
    fc.property(frame, fc.integer({ min: 0, max: 9 }), (sent, offset) => {
      const bytes = encodeFrame(sent);
      const elsewhere = new Uint8Array(bytes.length + offset);
      elsewhere.set(bytes, offset);
      expect(decodeFrame(elsewhere.subarray(offset))).toEqual(sent);
    }),
  );
});

test("what was decoded is a copy", () => {
  const bytes = encodeFrame({
    kind: "whole",
    header: { modelId: "m", fence: 1, base: 1, from: null, step: 1 },
    weights: { dense: { w: tensor("float32", [2], Float32Array.of(1, 2)) }, tables: {} },
  });
  const decoded = decodeFrame(bytes);
  bytes.fill(0);
  expect(decoded).toMatchObject({ weights: { dense: { w: { data: Float32Array.of(1, 2) } } } });
});

test("a truncated frame, and one with any byte changed, is refused", () => {
  fc.assert(
    fc.property(frame, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, place, flip) => {
      const bytes = encodeFrame(sent);
      const at = place % bytes.length;
      expect(() => decodeFrame(bytes.subarray(0, at))).toThrow(FrameError);
      bytes[at] = (bytes[at] ?? 0) ^ flip;
      expect(() => decodeFrame(bytes)).toThrow(FrameError);
    }),
  );
});

test("a frame of another format is refused by its number", () => {
  const bytes = encodeFrame({
    kind: "whole",
    header: { modelId: "m", fence: 1, base: 1, from: null, step: 1 },
    weights: { dense: {}, tables: {} },
  });
  new DataView(bytes.buffer).setUint32(4, 2, true);
  expect(() => decodeFrame(bytes)).toThrow("Format 2, this reads format 1");
  expect(() =>
    decodeFrame(new TextEncoder().encode("neither a frame nor anything like it")),
  ).toThrow("Not a frame of weights");
});
