import { createHash } from "node:crypto";

import { randomStream } from "@groundswell/autograd";
import { type Tensor, tensor } from "@groundswell/onnx";

import type { Message } from "../text/banking77.ts";

/** A message as its words' places in the vocabulary. */
export interface Text {
  readonly ids: readonly number[];
  /** Its class's place. */
  readonly label: number;
}

/** Place 0 is left to padding. Words share places by chance, one in a few hundred here. */
export function textsOf(
  messages: readonly Message[],
  classes: readonly string[],
  { vocabulary, length }: { readonly vocabulary: number; readonly length: number },
): Text[] {
  const place = new Map(classes.map((label, at) => [label, at]));
  return messages.map(({ text, label }) => {
    const words = text.toLowerCase().match(/[\p{L}\p{N}']+|[^\s\p{L}\p{N}']/gu) ?? [];
    return {
      ids: words.slice(0, length).map((word) => 1 + hashed(word, vocabulary - 1)),
      label: place.get(label) ?? 0,
    };
  });
}

const hashed = (word: string, places: number): number =>
  createHash("sha256").update(word).digest().readUInt32LE() % places;

/** Texts of nearly the same length together; the batches themselves come in any order. */
export const byLength = (texts: readonly Text[], size: number, seed: number): Text[][] =>
  inAnyOrder(
    inTurn(
      texts.toSorted((a, b) => a.ids.length - b.ids.length),
      size,
    ),
    seed,
  );

export const inTurn = (texts: readonly Text[], size: number): Text[][] =>
  Array.from({ length: Math.ceil(texts.length / size) }, (_, batch) =>
    texts.slice(batch * size, (batch + 1) * size),
  );

function inAnyOrder<T>(items: readonly T[], seed: number): T[] {
  const random = randomStream(seed);
  return items
    .map((item, at) => ({ item, key: random.bits(0, at) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

export const longest = (texts: readonly Text[]): number =>
  Math.max(...texts.map(({ ids }) => ids.length));

/** What the encoder of networks/transformer.ts is fed: texts filled up to `length` words. */
export function tensorsOf(
  texts: readonly Text[],
  { length, classes }: { readonly length: number; readonly classes: number },
): Record<string, Tensor> {
  const count = texts.length;
  const ids = new BigInt64Array(count * length);
  const mask = new Float32Array(count * length);
  const y = new Float32Array(count * classes);
  for (const [row, text] of texts.entries()) {
    ids.set(text.ids.map(BigInt), row * length);
    mask.fill(1, row * length, row * length + text.ids.length);
    y[row * classes + text.label] = 1 / count;
  }
  return {
    ids: tensor("int64", [count, length], ids),
    mask: tensor("float32", [count, length], mask),
    y: tensor("float32", [count, classes], y),
  };
}
