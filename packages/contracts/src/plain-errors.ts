import { z } from "zod";

import { isExactNumber } from "./exact-json.ts";

const NAMES: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

/**
 * What is wrong with a field in words that say what would be right. Schemas that know more (a union,
 * a format) say it themselves.
 */
export function plainError(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "unrecognized_keys")
    return `${issue.keys.map((key) => `\`${key}\``).join(", ")}: not known here`;
  if (issue.code !== "invalid_type") return undefined;
  const name = NAMES[issue.expected];
  if (name === undefined) return undefined;
  if (issue.input === undefined) return `is missing: ${name}`;
  if (isExactNumber(issue.input) && (issue.expected === "number" || issue.expected === "int"))
    return `must be ${name} that 64 bits can hold`;
  return `must be ${name}`;
}

z.config({ customError: plainError });
