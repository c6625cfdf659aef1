import { mkdtempSync, openSync, readSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { decodeModel } from "./decode.ts";
import { encodeModel } from "./encode.ts";
import { OnnxFormatError } from "./errors.ts";
import type { ReadExternal } from "./external-data.ts";
import { createProtobufWriter } from "./protobuf-writer.ts";

const FLOATS = new Uint8Array(Float32Array.of(1, 2, 3).buffer);

/** A model with three float32 that lie elsewhere, as `entries` say. */
function modelWith(entries: Readonly<Record<string, string>>): Uint8Array {
  const writer = createProtobufWriter();
  writer.int(1, 9);
  writer.message(8, (set) => set.int(2, 20));
  writer.message(7, (graph) =>
    graph.message(5, (tensor) => {
      tensor.int(1, 3);
      tensor.int(2, 1);
      tensor.text(8, "w");
      tensor.int(14, 1);
      for (const [key, value] of Object.entries(entries)) {
        tensor.message(13, (entry) => {
          entry.text(1, key);
          entry.text(2, value);
        });
      }
    }),
  );
  return writer.finish();
}

const never: ReadExternal = () => {
  throw new Error("Nothing should be read");
};

test("data beside the model are read where they lie, and written into the model", () => {
  const folder = mkdtempSync(join(tmpdir(), "external-data-"));
  writeFileSync(join(folder, "weights.bin"), Buffer.concat([Buffer.alloc(16), FLOATS]));
  const external: ReadExternal = (location, offset, length) => {
    const bytes = new Uint8Array(length);
    readSync(openSync(join(folder, location), "r"), bytes, 0, length, offset);
    return bytes;
  };
  const bytes = modelWith({ location: "weights.bin", offset: "16", length: "12" });
  const model = decodeModel(bytes, { external });
  expect(model.graph.initializers).toMatchObject([{ name: "w", dims: [3], bytes: FLOATS }]);
  expect(decodeModel(encodeModel(model))).toEqual(model);
});

test("the length follows from the tensor where it isn't said", () => {
  const asked: unknown[] = [];
  const external: ReadExternal = (...what) => {
    asked.push(what);
    return FLOATS;
  };
  decodeModel(modelWith({ location: "parts/weights.bin" }), { external });
  expect(asked).toEqual([["parts/weights.bin", 0, 12]]);
});

test("they are refused unless someone reads them", () => {
  expect(() => decodeModel(modelWith({ location: "weights.bin" }))).toThrow(OnnxFormatError);
});

describe("is refused before anything is read", () => {
  test.each([
    "",
    "/etc/passwd",
    "\\share",
    "C:weights",
    "file:weights",
    "../weights.bin",
    "parts/../../weights.bin",
    "parts\\..\\weights.bin",
    "weights\0.bin",
  ])("the location %j", (location) => {
    const reading = (): unknown => decodeModel(modelWith({ location }), { external: never });
    expect(reading).toThrow("outside of the model's folder");
  });

  test.each([
    [{ length: "8" }, "External data of 8 bytes, 12 are needed"],
    [{ offset: "-4" }, '"-4" is no number of bytes'],
    [{ offset: "1e3" }, '"1e3" is no number of bytes'],
    [{ checksum: "00" }, "has a checksum"],
    [{ basepath: "/" }, 'has "basepath"'],
  ])("%j", (entries, message) => {
    const bytes = modelWith({ location: "weights.bin", ...entries });
    expect(() => decodeModel(bytes, { external: never })).toThrow(message);
  });
});

test("an answer of another length is refused", () => {
  const external: ReadExternal = () => FLOATS.subarray(4);
  const reading = (): unknown => decodeModel(modelWith({ location: "w" }), { external });
  expect(reading).toThrow('"w" gave 8 bytes, 12 are needed');
});
