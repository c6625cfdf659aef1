import { describe, expect, test } from "vitest";

import { isExactNumber, isStorable, parseExact, wholeDigits } from "./exact-json.ts";

/** Numbers as clients write them, of every kind that a double may change. */
function numbers(seed: number): string[] {
  let state = seed;
  const below = (n: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % n;
  };
  const digits = (n: number) => Array.from({ length: n }, () => below(10)).join("");
  return Array.from({ length: 2_000 }, () => {
    const whole = `${1 + below(9)}${digits(below(25))}`;
    const fraction = below(2) ? `.${digits(1 + below(25))}` : "";
    const exponent = below(3) ? "" : `e${below(2) ? "-" : "+"}${below(400)}`;
    return `${below(2) ? "-" : ""}${whole}${fraction}${exponent}`;
  });
}

/** By arithmetic on whole numbers: a number as a fraction of 10^1000. */
function scaled(text: string): bigint {
  const [, sign, whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const value =
    BigInt(`${whole}${fraction}`) * 10n ** BigInt(1_000 - fraction.length + Number(exponent));
  return sign === "-" ? -value : value;
}

describe("parseExact", () => {
  test("no number is another one after it was read and written", () => {
    for (const text of numbers(7)) {
      const written = JSON.stringify(parseExact(`{"n":${text}}`)).slice(5, -1);
      expect([text, scaled(written)]).toEqual([text, scaled(text)]);
    }
  });

  test("what a double holds is a number", () => {
    const plain = ["0", "-0", "42", "0.1", "1.50", "1e3", "9007199254740991", "1e308", "5e-324"];
    for (const text of plain) expect(parseExact(`[${text}]`)).toEqual([Number(text)]);
    expect(parseExact("[9007199254740992, 1E+021, 100000000000000000000]")).toEqual([
      2 ** 53,
      1e21,
      1e20,
    ]);
  });

  test.each([
    "12345678901234567890",
    "9007199254740993",
    "1e400",
    "-1e-400",
    "0.10000000000000001",
  ])("%s stays as it was written, however deep", (text) => {
    const { a } = parseExact(`{"a": [{"b":${text}}, ${text}]}`) as { a: [{ b: unknown }, unknown] };
    expect(isExactNumber(a[0].b) && isExactNumber(a[1])).toBe(true);
    expect(JSON.stringify(a)).toBe(`[{"b":${text}},${text}]`);
  });

  test("text that looks like a number is text", () => {
    const given = { id: "12345678901234567890", uuid: "0e123456-1e99", "1e400": " 1e400, 2" };
    expect(parseExact(JSON.stringify(given))).toEqual(given);
  });

  test("what is no JSON is refused as ever", () => {
    expect(() => parseExact('{"a": 01234567890123456789}')).toThrow(SyntaxError);
    expect(() => parseExact('{"a": 1e}')).toThrow(SyntaxError);
  });
});

test("a number that would fill a disk when written out can't be stored", () => {
  const storable = (text: string) => isStorable(JSON.rawJSON(text));
  expect(["1e400", "1e-400", "-1.5e499", "12345678901234567890"].map(storable)).toEqual(
    Array.from({ length: 4 }, () => true),
  );
  expect(["1e501", "1e-501", "1e999999999999999999999"].map(storable)).toEqual([
    false,
    false,
    false,
  ]);
});

test("whole numbers have digits, others do not", () => {
  const digits = (text: string) => wholeDigits((parseExact(`[${text}]`) as unknown[])[0], 256);
  expect(["42", "-7", "12345678901234567890", "1e23", "5.0", "0"].map(digits)).toEqual([
    "42",
    "-7",
    "12345678901234567890",
    `1${"0".repeat(23)}`,
    "5",
    "0",
  ]);
  expect(["1.5", "1e300", '"7"', "true", "null", "{}"].map(digits)).toEqual(
    Array.from({ length: 6 }, () => undefined),
  );
});
