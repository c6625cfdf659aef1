import sharp from "sharp";
import { expect, test } from "vitest";

import { storePicture } from "./store-input.ts";

const size = { width: 28, height: 28 };
const inputsOf = (bytes: Uint8Array) => ({ image: { b64: Buffer.from(bytes).toString("base64") } });
const store = (bytes: Uint8Array) => storePicture(inputsOf(bytes), size);
const grey = (pixels: Uint8Array, width: number, height: number) =>
  sharp(pixels, { raw: { width, height, channels: 1 } });
const pattern = Uint8Array.from({ length: 784 }, (_, i) => (i * 37) % 256);

test("a grey PNG of the model's size is seen pixel by pixel", async () => {
  const png = await grey(pattern, 28, 28).png().toBuffer();
  expect(await store(png)).toEqual(Buffer.from(pattern));
});

test.each(["png", "jpeg", "webp"] as const)(
  "takes %s, in colour and of any size",
  async (format) => {
    const bytes = await sharp({
      create: { width: 90, height: 40, channels: 3, background: "white" },
    })
      .toFormat(format)
      .toBuffer();
    const stored = await store(bytes);
    expect(stored).toHaveLength(784);
    // Scaled to fit: bars above and below.
    expect(stored[0]).toBe(0);
    expect(stored[14 * 28 + 14]).toBeGreaterThan(250);
  },
);

test("what is transparent is black", async () => {
  const clear = { width: 28, height: 28, channels: 4 as const, background: "#ffffff00" };
  const png = await sharp({ create: clear }).png().toBuffer();
  expect(Math.max(...(await store(png)))).toBe(0);
});

const bomb = async () =>
  sharp({ create: { width: 4_200, height: 4_200, channels: 3, background: "black" } })
    .png({ compressionLevel: 9 })
    .toBuffer();

test.each<[string, () => Promise<Uint8Array> | Uint8Array, RegExp]>([
  ["text", () => Buffer.from("not a picture"), /PNG, JPEG or WebP/],
  ["nothing", () => new Uint8Array(0), /PNG, JPEG or WebP/],
  ["SVG", () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /PNG, JPEG or WebP/],
  ["one pixel", () => grey(Uint8Array.of(9), 1, 1).png().toBuffer(), /1×1/],
  ["a picture that unpacks to much more", bomb, /pixel limit/],
  ["more than a mebibyte", () => new Uint8Array(1024 * 1024 + 1), /1 MiB/],
  [
    "a picture that was cut short",
    async () => (await grey(pattern, 28, 28).png().toBuffer()).subarray(0, 200),
    /can't be read/,
  ],
])("refuses %s, and says where it is", async (_what, make, message) => {
  const bytes = await make();
  await expect(store(bytes)).rejects.toMatchObject({
    code: "BAD_PICTURE",
    statusCode: 422,
    message: expect.stringMatching(message),
    issues: [{ path: "/inputs/image" }],
  });
});

test.each([
  [{}, "/inputs/image"],
  [{ image: "x" }, "/inputs/image"],
  [{ image: { b64: "€" } }, "/inputs/image/b64"],
  [{ image: { b64: "" }, more: 1 }, "/inputs"],
  [null, "/inputs"],
])("refuses inputs %j at %s", async (inputs, path) => {
  await expect(storePicture(inputs, size)).rejects.toMatchObject({
    code: "BAD_INPUTS",
    issues: expect.arrayContaining([expect.objectContaining({ path })]),
  });
});
