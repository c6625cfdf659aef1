import sharp from "sharp";
import { expect, test } from "vitest";

import { storePicture } from "./store-input.ts";

const size = { width: 28, height: 28, background: "auto" as const };
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

/** A stroke on nothing, as a browser's canvas gives it. */
const drawn = (ink: string, format: "png" | "webp" = "png", ground = "none") =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="280" height="140"><rect width="280" height="140" fill="${ground}"/><path d="M40 20 L240 120" stroke="${ink}" stroke-width="30"/></svg>`,
    ),
  )
    .toFormat(format)
    .toBuffer();
const clear = (background: string) =>
  sharp({ create: { width: 28, height: 28, channels: 4, background } })
    .png()
    .toBuffer();

test.each<["png" | "webp", string, number, number]>([
  ["png", "black", 255, 0],
  ["webp", "black", 255, 0],
  ["png", "white", 0, 255],
  ["png", "#222", 255, 34],
])("ink on nothing shows (%s, %s)", async (format, ink, ground, shade) => {
  const stored = await store(await drawn(ink, format));
  expect(stored).toHaveLength(784);
  expect(stored[0]).toBe(ground);
  expect(Math.abs((stored[14 * 28 + 14] ?? -1) - shade)).toBeLessThan(6);
});

test("a declared background is what transparent parts and bars are", async () => {
  const black = { ...size, background: "black" as const };
  const white = { ...size, background: "white" as const };
  const dark = inputsOf(await drawn("#555"));
  expect((await storePicture(dark, black))[0]).toBe(0);
  expect((await storePicture(dark, white))[0]).toBe(255);
  const solid = inputsOf(await drawn("#555", "png", "#888"));
  expect((await storePicture(solid, size))[0]).toBe(0);
  expect((await storePicture(solid, white))[0]).toBe(255);
  await expect(storePicture(inputsOf(await drawn("black")), black)).rejects.toThrow(
    "as black as the background",
  );
});

test("pictures as pages and mails write them: a data: URL, line breaks, the letters of URLs", async () => {
  const png = await grey(pattern, 28, 28).png().toBuffer();
  const b64 = png.toString("base64");
  for (const form of [
    `data:image/png;base64,${b64}`,
    b64.replaceAll(/.{76}/g, "$&\r\n"),
    png.toString("base64url"),
  ])
    expect(await storePicture({ image: { b64: form } }, size)).toEqual(Buffer.from(pattern));
});

test.each([
  ["iVBORw0K€Goo", /character 9 is "€"/],
  ["data:image/png;base64,iVB*", /character 26 is "\*"/],
  ["data:image/svg+xml,<svg/>", /data: URL/],
  ["iV=BORw0", /character 3 is "="/],
  ["iVBOR", /cut short after 5/],
  [7, /must be text/],
  [undefined, /missing/],
])("base64 that can't be read is refused at its letter: %j", async (b64, message) => {
  await expect(storePicture({ image: { b64 } }, size)).rejects.toMatchObject({
    code: "BAD_INPUTS",
    message: expect.stringMatching(message),
    issues: [{ path: "/inputs/image/b64" }],
  });
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
  ["nothing visible", () => clear("#ffffff00"), /every pixel of it is transparent/],
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
