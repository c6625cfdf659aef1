import { Base64, BadInputs, BadPicture } from "@groundswell/contracts";
import type { Sharp } from "sharp";
import { z } from "zod";

import type { ImageConfig } from "./config.ts";

const Inputs = z.strictObject({ image: Base64 });

const MOST_BYTES = 1024 * 1024;
/** Checked on the header, before anything is unpacked. */
const MOST_PIXELS = 16 * 1024 * 1024;
/** Less than this is no picture of anything. */
const LEAST_SIDE = 4;

const PATH = "/inputs/image";

/** @param path of what is wrong, in the body of a prediction request */
const refuse = (message: string, cause?: unknown) =>
  new BadPicture(message, { issues: [{ path: PATH, message }], cause });

type Frame = Pick<ImageConfig, "width" | "height" | "background">;

/**
 * Decodes a PNG, JPEG or WebP to grey bytes `[height, width]`, 0 black: turned as its EXIF says,
 * scaled to fit with bars, transparent parts and bars of the declared background.
 *
 * @throws BadInputs where `inputs` is not `{image: {b64}}`; BadPicture for what is no picture, has
 *   more than 1 MiB or 16 megapixels, moves, is smaller than 4×4, or shows nothing
 */
export async function storePicture(inputs: unknown, frame: Frame): Promise<Uint8Array> {
  const parsed = Inputs.safeParse(inputs);
  if (!parsed.success) throw badInputs(parsed.error);
  const bytes = Buffer.from(parsed.data.image.b64, "base64");
  if (bytes.length > MOST_BYTES)
    throw refuse(`The picture has ${bytes.length} bytes, 1 MiB is the most`);
  if (!hasKnownSignature(bytes)) throw refuse("Not a PNG, JPEG or WebP picture");
  // Loaded with the first picture: threads that only compute do without 20 MB of native code.
  const { default: sharp } = await import("sharp");
  try {
    const picture = sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: "error" });
    const { width: wide, height: high, pages = 1, hasAlpha } = await picture.metadata();
    if (pages > 1) throw refuse("A moving picture: send one still picture");
    if (Math.min(wide, high) < LEAST_SIDE)
      throw refuse(`The picture is ${wide}×${high} pixels, 4×4 is the least`);
    const plain = frame.background === "auto" ? "black" : frame.background;
    const background = hasAlpha ? await groundOf(picture, frame) : plain;
    return await picture
      .autoOrient()
      .flatten({ background })
      .greyscale()
      .resize(frame.width, frame.height, { fit: "contain", background })
      .toColourspace("b-w")
      .raw()
      .toBuffer();
  } catch (error) {
    if (error instanceof BadPicture) throw error;
    throw refuse(
      `The picture can't be read: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

type Ground = "black" | "white";

const shadeOf = (ground: Ground) => (ground === "black" ? 0 : 255);

/** Of red, green, blue and alpha. */
const CHANNELS = 4;

/**
 * What transparent parts and bars of a picture are. A browser's canvas gives ink on nothing: by
 * itself it decides for the ground on which the ink shows. Asked of the small picture, so that only
 * what the model would see counts.
 */
async function groundOf(picture: Sharp, { width, height, background }: Frame): Promise<Ground> {
  const { data } = await picture
    .clone()
    .resize(width, height, { fit: "inside" })
    .toColourspace("srgb")
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = Array.from({ length: data.length / CHANNELS }, (_, i) => {
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(i * CHANNELS);
    return { shade: (red + green + blue) / 3, alpha: alpha / 255 };
  });
  const ink = pixels.reduce((sum, { alpha }) => sum + alpha, 0);
  if (ink === 0) throw refuse("The picture shows nothing: every pixel of it is transparent");
  if (ink === pixels.length) return background === "auto" ? "black" : background;
  const shade = pixels.reduce((sum, one) => sum + one.shade * one.alpha, 0) / ink;
  if (background === "auto") return shade >= shadeOf("white") / 2 ? "black" : "white";
  const isSeen = (one: { shade: number; alpha: number }) =>
    one.alpha * Math.abs(one.shade - shadeOf(background)) >= 1;
  if (!pixels.some(isSeen))
    throw refuse(`The picture shows nothing: its ink is as ${background} as the background`);
  return background;
}

function badInputs(error: z.ZodError): Error {
  const issues = error.issues.map(({ path, message }) => ({
    path: `/inputs${path.map((key) => `/${String(key)}`).join("")}`,
    message,
  }));
  const [first] = issues;
  const message =
    first?.path === `${PATH}/b64`
      ? `${first.path} ${first.message}`
      : 'An image-classifier takes inputs {image: {b64: "…"}}';
  return new BadInputs(message, { issues });
}

/** First, so that the other formats that the decoder knows (SVG, GIF, TIFF …) never reach it. */
function hasKnownSignature(bytes: Buffer): boolean {
  const ascii = bytes.toString("latin1", 0, 12);
  return (
    ascii.startsWith("\x89PNG\r\n\x1a\n") ||
    ascii.startsWith("\xff\xd8\xff") ||
    (ascii.startsWith("RIFF") && ascii.endsWith("WEBP"))
  );
}
