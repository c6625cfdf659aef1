import { deflateSync } from "node:zlib";

import { recipes } from "@groundswell/training";
import fc from "fast-check";
import { expect, test } from "vitest";

import { readPlainPng } from "./plain-png.ts";
import { chunkOf, greyPng, picture, pngOf } from "./serving-world.ts";

const size = { width: 6, height: 5 };
const decoded = (png: Buffer) => recipes["image-classifier"].storeInput(picture(png), size);
const anyByte = fc.integer({ min: 0, max: 255 });

/** Any filters over any bytes make some picture: which one, both decoders have to agree on. */
const filteredRows = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 5, maxLength: 5 }),
    fc.array(anyByte, { minLength: 30, maxLength: 30 }),
  )
  .map(([filters, bytes]) =>
    Buffer.from(filters.flatMap((filter, y) => [filter, ...bytes.slice(6 * y, 6 * y + 6)])),
  );

test("a plain picture is read to the same bytes as by the recipe's decoder, whatever its filters", async () => {
  await fc.assert(
    fc.asyncProperty(filteredRows, async (rows) => {
      const png = pngOf(6, 5, deflateSync(rows));
      const pixels = readPlainPng(png, size);
      expect(pixels).toBeDefined();
      expect(Buffer.from(pixels ?? [])).toEqual(Buffer.from(await decoded(png)));
    }),
    { numRuns: 60 },
  );
});

test("another size, a damaged file, and one with more in it than its header says are left to the decoder", () => {
  const png = greyPng(5);
  expect(readPlainPng(png, { width: 5, height: 5 })).toBeDefined();
  expect(readPlainPng(png, size)).toBeUndefined();
  const five = { width: 5, height: 5 };
  expect(readPlainPng(pngOf(5, 5, deflateSync(Buffer.alloc(31))), five)).toBeUndefined();
  expect(readPlainPng(pngOf(5, 5, deflateSync(Buffer.alloc(29))), five)).toBeUndefined();
  const wrongFilter = Buffer.alloc(30);
  wrongFilter[6] = 5;
  expect(readPlainPng(pngOf(5, 5, deflateSync(wrongFilter)), five)).toBeUndefined();
  fc.assert(
    fc.property(fc.nat(png.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(png);
      changed[at] = (changed[at] ?? 0) ^ flip;
      expect(readPlainPng(changed, five)).toBeUndefined();
      expect(readPlainPng(png.subarray(0, at), five)).toBeUndefined();
    }),
  );
});

test("a file with a chunk that may change pixels is left to the decoder, one with a remark is not", () => {
  const png = greyPng(5);
  const five = { width: 5, height: 5 };
  const afterHeader = 8 + 25;
  const withChunk = (type: string) =>
    Buffer.concat([
      png.subarray(0, afterHeader),
      chunkOf(type, Buffer.from("any")),
      png.subarray(afterHeader),
    ]);
  expect(readPlainPng(withChunk("tEXt"), five)).toBeDefined();
  for (const type of ["gAMA", "iCCP", "tRNS", "eXIf", "acTL", "sRGB"])
    expect(readPlainPng(withChunk(type), five)).toBeUndefined();
});
