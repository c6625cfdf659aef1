import { createHmac } from "node:crypto";

export type Split = "train" | "validation" | "exam";

/**
 * Which part of a model's data a person belongs to: always the same one, and for each model
 * another one. The exam part is never learned from; the validation part stops a training early.
 *
 * @param salt of the model
 */
export function splitOf(
  salt: Buffer,
  subjectId: string,
  examShare: number,
  validationShare: number,
): Split {
  const at = placeOf(salt, subjectId);
  if (at < examShare) return "exam";
  if (at < examShare + validationShare) return "validation";
  return "train";
}

/** In [0, 1): the first 48 bits of an HMAC, so that a person can't choose their part. */
function placeOf(salt: Buffer, subjectId: string): number {
  return createHmac("sha256", salt).update(subjectId).digest().readUIntBE(0, 6) / 2 ** 48;
}
