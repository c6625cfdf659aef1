import sharp from "sharp";
import { expect, test } from "vitest";

import { encodePng } from "./png.ts";

test("a picture library reads the same pixels", async () => {
  const [width, height] = [7, 5];
  const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i * 37) % 256);
  const { data, info } = await sharp(encodePng(pixels, width, height))
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width, height, channels: 1 });
  expect(new Uint8Array(data)).toEqual(pixels);
});
