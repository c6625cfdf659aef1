import { broadcast, differ, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import type { Dim } from "../model.ts";
import { defineOperator, string, type ShapeSite } from "./operator.ts";

const ELLIPSIS = "...";

interface Equation {
  readonly terms: readonly string[];
  readonly answer: string;
}

function parsed(equation: string): Equation {
  const [left = "", right] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  if (right !== undefined) return { terms, answer: right };
  // Letters that stand once, in order, behind the axes that the dots stand for.
  const letters = left.split("").filter((letter) => /[A-Za-z]/.test(letter));
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  const dots = left.includes(ELLIPSIS) ? ELLIPSIS : "";
  return { terms, answer: dots + once.toSorted().join("") };
}

/** The labels of each axis of a term; the axes under the dots are left out. */
const labelsOf = (term: string): [string[], string[]] => {
  const [before = "", after = ""] = term.split(ELLIPSIS);
  return [before.split(""), after.split("")];
};

/** What each letter, and the dots, stand for. */
function sizesOf(terms: readonly string[], shapes: readonly Shape[], site: Site) {
  const sizes = new Map<string, Dim>();
  const covered: Shape[] = [];
  for (const [index, term] of terms.entries()) {
    const shape = shapes[index] ?? [];
    const [before, after] = labelsOf(term);
    const labels = before.length + after.length;
    if (labels > shape.length || (labels < shape.length && !term.includes(ELLIPSIS))) {
      throw new ShapeError(`"${term}" for ${shape.length} axes`);
    }
    const dots = shape.length - after.length;
    covered.push(shape.slice(before.length, dots));
    const named = [...shape.slice(0, before.length), ...shape.slice(dots)];
    for (const [i, letter] of [...before, ...after].entries()) {
      const [size = 1, known] = [named[i], sizes.get(letter)];
      if (known === undefined || known === 1 || typeof known === "string") {
        if (size !== 1 || known === undefined) sizes.set(letter, size);
      } else if (size !== 1 && differ(known, size, site)) {
        throw new ShapeError(`"${letter}" is both ${known} and ${size}`);
      }
    }
  }
  return { sizes, dots: broadcast(covered, site) };
}

type Site = Pick<ShapeSite, "lenient" | "unknown">;

/** Sums of products, as an equation over the letters of axes says them. */
export const Einsum = defineOperator({
  name: "Einsum",
  attributes: { equation: string() },
  shape: (shapes, site) => {
    const { terms, answer } = parsed(site.attributes.equation);
    if (terms.length !== shapes.length) {
      throw new ShapeError(`${terms.length} terms for ${shapes.length} inputs`);
    }
    const { sizes, dots } = sizesOf(terms, shapes, site);
    const sizeOf = (letter: string): Dim => {
      const size = sizes.get(letter);
      if (size === undefined) throw new ShapeError(`Nothing says how long "${letter}" is`);
      return size;
    };
    const [before, after] = labelsOf(answer);
    return [
      ...before.map(sizeOf),
      ...(answer.includes(ELLIPSIS) ? dots : []),
      ...after.map(sizeOf),
    ];
  },
});
