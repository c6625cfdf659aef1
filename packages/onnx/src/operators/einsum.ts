import { broadcast, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import type { Dim } from "../model.ts";
import { defineOperator, string } from "./operator.ts";

/** An equation with a letter for each axis: those that "..." stands for have letters of their own. */
export interface EinsumTerms {
  /** One text for each operand. */
  readonly operands: readonly string[];
  readonly output: string;
}

const TERM = /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Takes an equation of Einsum apart ("bij,bjk->bik"). Without "->", the output has the letters
 * that occur once, in alphabetical order.
 * @param ranks of the operands
 * @throws ShapeError
 */
export function einsumTerms(equation: string, ranks: readonly number[]): EinsumTerms {
  const text = equation.replaceAll(/\s/g, "");
  const [left = "", right] = text.split("->");
  const terms = left.split(",");
  const written = right === undefined ? terms : [...terms, right];
  if (terms.length !== ranks.length || !written.every((term) => TERM.test(term))) {
    throw new ShapeError(`The equation "${equation}" for ${ranks.length} inputs`);
  }
  const fillers = LETTERS.split("").filter((letter) => !text.includes(letter));
  const counts = terms.map((term, i) => ellipsisAxes(term, ranks[i] ?? 0));
  const longest = Math.max(0, ...counts);
  if (longest > fillers.length) throw new ShapeError(`"..." stands for ${longest} axes`);
  // The axes behind "..." are aligned by their ends, as broadcasting aligns them.
  const filled = (term: string, count: number): string =>
    term.replace("...", fillers.slice(longest - count, longest).join(""));
  return {
    operands: terms.map((term, i) => filled(term, counts[i] ?? 0)),
    output: filled(right ?? implicitOutput(terms), longest),
  };
}

function ellipsisAxes(term: string, rank: number): number {
  const count = rank - term.replace("...", "").length;
  if (count < 0 || (count > 0 && !term.includes("..."))) {
    throw new ShapeError(`"${term}" for a tensor with ${rank} axes`);
  }
  return count;
}

function implicitOutput(terms: readonly string[]): string {
  const letters = terms.join("").replaceAll(".", "").split("");
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  const ellipsis = terms.some((term) => term.includes("...")) ? "..." : "";
  return ellipsis + once.toSorted().join("");
}

/** Products summed over the axes whose letters the output lacks. */
export const Einsum = defineOperator({
  name: "Einsum",
  attributes: { equation: string() },
  shape: (shapes: readonly Shape[], site) => {
    const { equation } = site.attributes;
    const ranks = shapes.map((shape) => shape.length);
    const { operands, output } = einsumTerms(equation, ranks);
    const sizes = new Map<string, Dim>();
    for (const [i, term] of operands.entries()) {
      for (const [axis, letter] of term.split("").entries()) {
        const size = shapes[i]?.[axis] ?? 1;
        const [both = size] = broadcast([[sizes.get(letter) ?? size], [size]], site);
        sizes.set(letter, both);
      }
    }
    return output.split("").map((letter) => {
      const size = sizes.get(letter);
      if (size === undefined) throw new ShapeError(`"${letter}" is in no input of "${equation}"`);
      return size;
    });
  },
});
