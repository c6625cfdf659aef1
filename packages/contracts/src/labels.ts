import { z } from "zod";

import { isExactNumber } from "./exact-json.ts";
import { text } from "./names.ts";

/** By which labels are the same: keyboards and systems compose letters differently, and forms leave blanks. */
export const spelling = (label: string): string => label.normalize("NFC").trim();

/** A class as a user's app writes it. A number counts as its text, as it was sent: `7` is the class "7". */
export const Label = z.preprocess(
  (given) => {
    if (isExactNumber(given)) return given.rawJSON;
    return typeof given === "number" ? String(given) : given;
  },
  z
    .string({ error: "must be the text of a class" })
    .max(256)
    .refine((label) => spelling(label) !== "", { error: "is empty" })
    .refine((label) => !label.includes("\u0000"), {
      error: "may not contain a NUL byte: remove it",
    }),
);

const ClassName = text(256)
  .refine((name) => spelling(name) !== "", { error: "is empty: a class has a name" })
  .refine((name) => name.isWellFormed(), {
    error: "may not contain half of a surrogate pair: it is no Unicode text",
  });

/** The labels that a classifier answers, in their order. No two may be spelled alike. */
export const Classes = z
  .array(ClassName)
  .min(2)
  .max(1_000)
  .superRefine((classes, ctx) => {
    const first = new Map<string, number>();
    for (const [i, name] of classes.entries()) {
      const before = first.get(spelling(name));
      if (before === undefined) first.set(spelling(name), i);
      else
        ctx.addIssue({
          code: "custom",
          path: [i],
          message: `${JSON.stringify(name)} is the same class as ${JSON.stringify(classes[before])}, number ${before} of the list: letters may be composed differently and blanks around them don't count`,
        });
    }
  });
