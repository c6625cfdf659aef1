import { createHash } from "node:crypto";

import type { Dim } from "./model.ts";

// A size that isn't known is written as a polynomial of symbols with whole coefficients: "N",
// "5*N", "(2*N+-1)". A quotient that leaves a rest is a symbol of its own, "(N//2)". Each
// polynomial has one way to be written, so that equal sizes are equal strings as far as this
// algebra goes.

/** Coefficients by monomial; a monomial is its symbols in order, joined by "*", "" for the constant. */
type Polynomial = ReadonlyMap<string, number>;

/** Beyond these a size is only a name: graphs could make texts that double with each node. */
const LONGEST_TEXT = 200;
const MOST_TERMS = 32;

/** Parts between `separator`s that stand outside of brackets. */
function partsOf(text: string, separator: string): string[] {
  if (!text.includes("(")) return text.split(separator);
  const parts = [""];
  let depth = 0;
  for (const character of text) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth === 0 && character === separator) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** What stands between brackets that open at the start and close at the end. */
function bracketed(text: string): string | undefined {
  if (!text.startsWith("(") || !text.endsWith(")")) return undefined;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (depth === 0 && at < text.length - 1) return undefined;
  }
  return text.slice(1, -1);
}

const isWhole = (text: string): boolean => /^-?\d+$/.test(text);

const symbolsOf = (monomial: string): string[] => (monomial === "" ? [] : partsOf(monomial, "*"));

const monomialOf = (symbols: readonly string[]): string => symbols.toSorted().join("*");

function parse(dim: Dim): Polynomial {
  if (typeof dim === "number") return collect([["", dim]]);
  const inner = bracketed(dim);
  const terms = inner === undefined ? [dim] : partsOf(inner, "+");
  // "(a+b)" is a sum, "(a//b)" is a symbol.
  return collect((terms.length > 1 ? terms : [dim]).map(parseTerm));
}

function parseTerm(text: string): [string, number] {
  const factors = partsOf(text, "*");
  const coefficient = factors.filter(isWhole).reduce((total, factor) => total * Number(factor), 1);
  return [monomialOf(factors.filter((factor) => !isWhole(factor))), coefficient];
}

function collect(terms: Iterable<readonly [string, number]>): Polynomial {
  const sums = new Map<string, number>();
  for (const [monomial, coefficient] of terms) {
    const sum = (sums.get(monomial) ?? 0) + coefficient;
    if (sum === 0) sums.delete(monomial);
    else sums.set(monomial, sum);
  }
  return sums;
}

function format(polynomial: Polynomial): Dim {
  const terms = [...polynomial].toSorted(byMonomial);
  const [first] = terms;
  if (first === undefined) return 0;
  if (terms.length === 1 && first[0] === "") return first[1];
  const texts = terms.map(([monomial, coefficient]) => {
    if (monomial === "") return String(coefficient);
    return coefficient === 1 ? monomial : `${coefficient}*${monomial}`;
  });
  return symbolFor(texts.length === 1 ? (texts[0] ?? "") : `(${texts.join("+")})`);
}

/** The text itself, or a name that is shorter. */
const symbolFor = (text: string): string => (text.length <= LONGEST_TEXT ? text : nameOf(text));

/** A name that only this text has. */
const nameOf = (text: string): string =>
  `size-${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;

/** Higher degrees first, then by letter: an order that multiplication keeps. */
function byMonomial([a]: readonly [string, number], [b]: readonly [string, number]): number {
  const [left, right] = [symbolsOf(a), symbolsOf(b)];
  if (left.length !== right.length) return right.length - left.length;
  const at = left.findIndex((symbol, i) => symbol !== right[i]);
  return at < 0 ? 0 : (left[at] ?? "") < (right[at] ?? "") ? -1 : 1;
}

function times(a: Polynomial, b: Polynomial): Polynomial {
  const terms = [...a].flatMap(([left, x]) =>
    [...b].map(([right, y]): [string, number] => [
      monomialOf([...symbolsOf(left), ...symbolsOf(right)]),
      x * y,
    ]),
  );
  return collect(terms);
}

const sum = (a: Polynomial, b: Polynomial, sign: 1 | -1): Polynomial =>
  collect([...a, ...[...b].map(([monomial, y]): [string, number] => [monomial, sign * y])]);

/** a + sign · b. */
export function plus(a: Dim, b: Dim, sign: 1 | -1 = 1): Dim {
  if (typeof a === "number" && typeof b === "number") return a + sign * b;
  return bounded(sum(parse(a), parse(b), sign));
}

/** Product of sizes; for a shape, its number of elements. */
export function product(sizes: readonly Dim[]): Dim {
  return sizes.reduce<Dim>((total, size) => {
    if (typeof total === "number" && typeof size === "number") return total * size;
    return bounded(times(parse(total), parse(size)));
  }, 1);
}

/** A polynomial of too many terms goes by a name. */
const bounded = (polynomial: Polynomial): Dim =>
  polynomial.size <= MOST_TERMS
    ? format(polynomial)
    : nameOf([...polynomial].toSorted(byMonomial).join("+"));

/** The term that must be multiplied by `divisor` to give `dividend`. */
function termQuotient(
  [monomial, x]: readonly [string, number],
  [divisor, y]: readonly [string, number],
): [string, number] | undefined {
  const symbols = symbolsOf(monomial);
  for (const symbol of symbolsOf(divisor)) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  return Number.isInteger(x / y) ? [monomialOf(symbols), x / y] : undefined;
}

const isSize = (dim: Dim): boolean => typeof dim === "string" || Number.isSafeInteger(dim);

/** What `divisor` must be multiplied by to give `dividend`; undefined where no product does. */
export function quotient(dividend: Dim, divisor: Dim): Dim | undefined {
  if (![dividend, divisor].every(isSize)) return undefined;
  const under = parse(divisor);
  const [lead] = [...under].toSorted(byMonomial);
  if (lead === undefined) return undefined;
  const terms: [string, number][] = [];
  let rest = parse(dividend);
  // Long division; each round takes the leading term away.
  while (rest.size > 0 && rest.size <= MOST_TERMS) {
    const [first] = [...rest].toSorted(byMonomial);
    const term = first && termQuotient(first, lead);
    if (term === undefined) return undefined;
    terms.push(term);
    rest = sum(rest, times(under, collect([term])), -1);
  }
  return rest.size === 0 ? bounded(collect(terms)) : undefined;
}

/** a / b, rounded down. */
export function floorQuotient(a: Dim, b: Dim): Dim {
  if (typeof a === "number" && typeof b === "number") return Math.floor(a / b);
  const exact = quotient(a, b);
  if (exact !== undefined) return exact;
  if (typeof b !== "number" || b <= 0) return symbolFor(`(${a}//${b})`);
  // (5·N + 7) // 2 is 2·N + 3 + (N + 1) // 2.
  const terms = [...parse(a)];
  const whole = collect(terms.map(([monomial, x]) => [monomial, Math.floor(x / b)]));
  const rest = collect(terms.map(([monomial, x]) => [monomial, x - Math.floor(x / b) * b]));
  const left = symbolFor(`(${format(rest)}//${b})`);
  return plus(bounded(whole), rest.size === 1 && rest.has("") ? 0 : left);
}

/** a / b, rounded up. */
export const ceilQuotient = (a: Dim, b: number): Dim => floorQuotient(plus(a, b - 1), b);

/** The size itself, where the sizes of all symbols are known. */
export function boundSize(dim: Dim, sizeOfSymbol: (symbol: string) => number): number {
  if (typeof dim === "number") return dim;
  const valueOf = (symbol: string): number => {
    const [over, , under] = partsOf(bracketed(symbol) ?? "", "/");
    if (over === undefined || under === undefined) return sizeOfSymbol(symbol);
    const [a, b] = [over, under].map((part) => {
      return isWhole(part) ? Number(part) : boundSize(part, sizeOfSymbol);
    });
    return Math.floor((a ?? 0) / (b ?? 1));
  };
  return [...parse(dim)].reduce(
    (total, [monomial, coefficient]) =>
      total + symbolsOf(monomial).reduce((value, symbol) => value * valueOf(symbol), coefficient),
    0,
  );
}
