/** A number that 64 bits can't hold, as it was written: `JSON.stringify` writes it so again. */
export interface ExactNumber {
  readonly rawJSON: string;
}

declare global {
  // ECMAScript proposal "JSON.parse source text access", which Node 22 and later have.
  interface JSON {
    rawJSON: (text: string) => ExactNumber;
    isRawJSON: (value: unknown) => value is ExactNumber;
  }
}

export const isExactNumber = (value: unknown): value is ExactNumber => JSON.isRawJSON(value);

/** Sixteen digits or an exponent of three: every other number is the same as a double and as text. */
const MAY_BE_ROUNDED = /[:,[\s]-?(?:[\d.]{16}|\d[\d.]*[eE][+-]?\d{3})/;

type Reviver = (key: string, value: unknown) => unknown;
type SourceReviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/**
 * Parses JSON so that no number changes: one that would be rounded (or be infinite) comes as it was
 * written.
 *
 * @throws SyntaxError for what is no JSON; RangeError for a text with such numbers that is nested
 *   thousands deep
 */
export function parseExact(text: string): unknown {
  if (!MAY_BE_ROUNDED.test(text)) return JSON.parse(text);
  return JSON.parse(text, asWritten as Reviver);
}

const asWritten: SourceReviver = (_key, value, { source }) =>
  typeof value === "number" && source !== undefined && !isSame(source, String(value))
    ? JSON.rawJSON(source)
    : value;

/** A decimal number: `digits` × 10^`exponent`, without zeros at either end. */
interface Decimal {
  sign: "" | "-";
  digits: string;
  exponent: number;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** @returns undefined for text that is no number of JSON (`Infinity`) */
function decimalOf(text: string): Decimal | undefined {
  const [, sign, whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return { sign: "", digits: "0", exponent: 0 };
  return {
    sign: sign as Decimal["sign"],
    digits: significant,
    exponent: Number(exponent) - fraction.length + digits.length - significant.length,
  };
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [decimalOf(a), decimalOf(b)];
  return (
    one?.digits === other?.digits && one?.exponent === other?.exponent && one?.sign === other?.sign
  );
}

/** Digits before the point, and after it, that a number may have to be stored. */
export const MOST_PLACES = 500;

/** Whether a number has so few places that it can be stored: written out, a short one may fill a disk (`1e100000`). */
export function isStorable({ rawJSON }: ExactNumber): boolean {
  const { digits, exponent } = decimalOf(rawJSON) ?? { digits: "", exponent: Number.NaN };
  return digits.length + exponent <= MOST_PLACES && -exponent <= MOST_PLACES;
}

/** The digits of a whole number of up to `most` places, exactly; undefined for anything else. */
export function wholeDigits(value: unknown, most: number): string | undefined {
  const text = isExactNumber(value) ? value.rawJSON : typeof value === "number" && String(value);
  const decimal = text === false ? undefined : decimalOf(text);
  if (!decimal || decimal.exponent < 0 || decimal.digits.length + decimal.exponent > most)
    return undefined;
  return `${decimal.sign}${decimal.digits}${"0".repeat(decimal.exponent)}`;
}
