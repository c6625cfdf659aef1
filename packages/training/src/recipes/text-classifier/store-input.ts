import { BadInputs, text } from "@groundswell/contracts";
import { z } from "zod";

const MOST_CHARACTERS = 100_000;

const Inputs = z.strictObject({
  text: text(MOST_CHARACTERS).refine((said) => said.trim() !== "", { error: "is empty" }),
});

/** Of a long text the beginning is seen and stored. */
const MOST_BYTES = 16_384;

/**
 * A text as UTF-8, cut after 16 KiB.
 *
 * @throws BadInputs where `inputs` is not `{text}`, the text is empty, has more than 100,000
 *   characters or a NUL byte
 */
export function storeText(inputs: unknown): Uint8Array {
  const parsed = Inputs.safeParse(inputs);
  if (parsed.success) return cut(Buffer.from(parsed.data.text, "utf8"));
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: `/inputs${path.map((key) => `/${String(key)}`).join("")}`,
    message,
  }));
  throw new BadInputs('A text-classifier takes inputs {text: "…"}', { issues });
}

const CONTINUES = 0b1000_0000;

/** Between two characters: a byte 10xxxxxx goes on with the one before. */
function cut(bytes: Buffer): Uint8Array {
  if (bytes.length <= MOST_BYTES) return bytes;
  let end = MOST_BYTES;
  while (((bytes[end] ?? 0) & 0b1100_0000) === CONTINUES) end -= 1;
  return bytes.subarray(0, end);
}
