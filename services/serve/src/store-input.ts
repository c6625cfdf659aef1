import { Base64 } from "@groundswell/contracts";
import type { ModelRecord } from "@groundswell/models";
import { recipes } from "@groundswell/training";
import { z } from "zod";

import { readPlainPng } from "./plain-png.ts";

const Picture = z.strictObject({ image: Base64 });
const Size = z.object({
  width: z.int().default(28),
  height: z.int().default(28),
});

/**
 * Inputs of a request as the model's recipe stores them. A picture that needs no conversion is
 * read without the recipe's decoder, to the same bytes.
 *
 * @throws BadInputs, BadPicture
 */
export async function storeInput(
  { recipe, config }: Pick<ModelRecord, "recipe" | "config">,
  inputs: Record<string, unknown>,
): Promise<Uint8Array> {
  const plain = recipe === "image-classifier" ? plainPicture(inputs, config) : undefined;
  return plain ?? recipes[recipe].storeInput(inputs, config);
}

function plainPicture(
  inputs: Record<string, unknown>,
  config: Record<string, unknown>,
): Uint8Array | undefined {
  const picture = Picture.safeParse(inputs);
  const size = Size.safeParse(config);
  if (!picture.success || !size.success) return undefined;
  return readPlainPng(Buffer.from(picture.data.image.b64, "base64"), size.data);
}
