import { Base64, BadInputs, BadPicture } from "@groundswell/contracts";
import { z } from "zod";

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

/**
 * Decodes a PNG, JPEG or WebP to grey bytes `[height, width]`, 0 black: turned as its EXIF says,
 * transparent parts black, scaled to fit with black bars.
 *
 * @throws BadInputs where `inputs` is not `{image: {b64}}`; BadPicture for what is no picture, has
 *   more than 1 MiB or 16 megapixels, moves, or is smaller than 4×4
 */
export async function storePicture(
  inputs: unknown,
  { width, height }: { width: number; height: number },
): Promise<Uint8Array> {
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
    const { width: wide, height: high, pages = 1 } = await picture.metadata();
    if (pages > 1) throw refuse("A moving picture: send one still picture");
    if (Math.min(wide, high) < LEAST_SIDE)
      throw refuse(`The picture is ${wide}×${high} pixels, 4×4 is the least`);
    return await picture
      .autoOrient()
      .flatten({ background: "black" })
      .greyscale()
      .resize(width, height, { fit: "contain", background: "black" })
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

function badInputs(error: z.ZodError): Error {
  const issues = error.issues.map(({ path, message }) => ({
    path: `/inputs${path.map((key) => `/${String(key)}`).join("")}`,
    message,
  }));
  return new BadInputs('An image-classifier takes inputs {image: {b64: "…"}}', { issues });
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
