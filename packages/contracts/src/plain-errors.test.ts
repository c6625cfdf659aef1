import { expect, test } from "vitest";
import { z } from "zod";

import * as contracts from "./index.ts";

const { parseExact } = contracts;
const issues = (schema: z.ZodType, json: string) =>
  schema
    .safeParse(parseExact(json))
    .error?.issues.map(({ path, message }) => `${path.join("/")}: ${message}`);

test("a field that is missing, of another kind or unknown is told in words", () => {
  const schema = z.strictObject({ n: z.int(), list: z.array(z.string()), on: z.boolean() });
  expect(issues(schema, '{"n": 1.5, "list": {}}')).toEqual([
    "n: must be a whole number",
    "list: must be a list",
    "on: is missing: true or false",
  ]);
  expect(issues(schema, '{"n": 12345678901234567890, "list": [], "on": true, "of": 1}')).toEqual([
    "n: must be a number that 64 bits can hold",
    ": `of`: not known here",
  ]);
});

/** Every schema inside another one. */
function* within(schema: z.core.$ZodType, seen = new Set<unknown>()): Iterable<z.core.$ZodType> {
  if (seen.has(schema)) return;
  seen.add(schema);
  yield schema;
  const { def } = (schema as z.ZodType)._zod;
  for (const part of Object.values(def as object).flatMap((value: unknown) => {
    if (Array.isArray(value)) return value as unknown[];
    if (typeof value === "object" && value !== null && !("_zod" in value))
      return Object.values(value);
    return [value];
  }))
    if (typeof part === "object" && part !== null && "_zod" in part)
      yield* within(part as z.core.$ZodType, seen);
}

test("every union of the contract says what would have been right", () => {
  const schemas = Object.values(contracts).filter((value) => value instanceof z.ZodType);
  const unions = new Set(
    schemas
      .flatMap((schema) => [...within(schema)])
      .filter((schema) => (schema as z.ZodType)._zod.def.type === "union"),
  );
  expect(unions.size).toBeGreaterThan(2);
  for (const union of unions) {
    const found = (union as z.ZodType).safeParse(Symbol("none of these"));
    expect(found.error?.issues[0]?.message).toMatch(/must be|send /);
  }
});
