import { einsumTerms, operators } from "@groundswell/onnx";

import { UnwrittenRule } from "../errors.ts";
import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";

export interface EinsumBuilders {
  /** Products summed over the axes whose letters the output lacks: "bij,bjk->bik". */
  einsum(equation: string, ...operands: readonly Value[]): Value;
}

/** An operand, and the letters of its axes. */
interface Term {
  readonly value: Value;
  readonly letters: string;
}

const distinct = (letters: string): string => [...new Set(letters)].join("");

export const Einsum = defineOp(operators.Einsum, {
  grad: ({ dy, g, inputs, attributes: { equation } }) => {
    const operands: readonly Value[] = inputs;
    const ranks = operands.map((operand) => operand.shape.length);
    const terms = einsumTerms(equation, ranks);
    const named = operands.map((value, i) => ({ value, letters: terms.operands[i] ?? "" }));
    const output = { value: dy, letters: terms.output };
    if (distinct(output.letters) !== output.letters) {
      throw new UnwrittenRule(`no rule is written for the equation "${equation}"`);
    }
    return named.map((term, i) => () => slopeOf(g, term, [output, ...named.toSpliced(i, 1)]));
  },
  cases: [
    einsumCase("ij,jk->ik", ["N", 3], [3, 2]),
    einsumCase("bij,bkj->bki", ["N", 3, 4], ["N", 2, 4]),
    einsumCase("bhid,bhjd->bhij", [2, 2, 3, 4], [2, 2, "N", 4]),
    // Without an arrow, and an axis that nothing else has.
    einsumCase("ij,kj", ["N", 3], [2, 3]),
    einsumCase("ij->i", ["N", 3]),
    einsumCase("ij->", ["N", 3]),
    einsumCase("i,i->", [4], [4]),
    einsumCase("ij,k->k", ["N", 3], [4]),
    einsumCase("...ij,jk->...ik", ["N", 2, 3, 4], [4, 2]),
    einsumCase("i,j,k->ijk", [2], ["N"], [3]),
    einsumCase("ij->ji", ["N", 3]),
    // A diagonal, and its sum.
    einsumCase("bii->bi", ["N", 3, 3]),
    einsumCase("ii->", [3, 3]),
  ],
});

function einsumCase(equation: string, ...inputs: (readonly (string | number)[])[]) {
  return { inputs, attributes: { equation } };
}

/** The slope of one operand: the product of all others and of the output's, over its letters. */
function slopeOf(g: Graph, { value, letters }: Term, others: readonly Term[]): Value {
  const own = distinct(letters);
  const there = own
    .split("")
    .filter((letter) => others.some((term) => term.letters.includes(letter)));
  const slope = productOf(g, others, there.join(""));
  // Axes that nothing else has were summed over: the slope is the same all along them.
  const absent = own.split("").flatMap((letter, axis) => (there.includes(letter) ? [] : [axis]));
  const whole = absent.length === 0 ? slope : g.unsqueeze(slope, absent);
  const spread = own === letters ? whole : onDiagonals(g, whole, { value, letters });
  return absent.length === 0 ? spread : g.add(spread, g.zerosLike(value));
}

/** Einsum to `letters`; scalars go beside it, which the runtime doesn't take within. */
function productOf(g: Graph, terms: readonly Term[], letters: string): Value {
  const scalars = terms.filter((term) => term.letters === "").map(({ value }) => value);
  const others = terms.filter((term) => term.letters !== "");
  const equation = `${others.map((term) => term.letters).join()}->${letters}`;
  const operands = others.map(({ value }) => value);
  const factors = operands.length === 0 ? scalars : [g.einsum(equation, ...operands), ...scalars];
  return factors.reduce((product, factor) => g.mul(product, factor));
}

/**
 * `slope`, with an axis for each distinct letter, as an operand has it whose letters come
 * again: zero but where the places along axes of one letter are the same.
 */
function onDiagonals(g: Graph, slope: Value, { value, letters }: Term): Value {
  const repeated = letters
    .split("")
    .flatMap((letter, axis) => (letters.indexOf(letter) < axis ? [axis] : []));
  const rank = letters.length;
  return repeated.reduce(
    (whole, axis) => {
      const first = letters.indexOf(letters[axis] ?? "");
      const [one, other] = [placesAlong(g, value, first, rank), placesAlong(g, value, axis, rank)];
      return g.mul(whole, g.cast(g.equal(one, other), slope.dtype));
    },
    g.unsqueeze(slope, repeated),
  );
}

/** 0, 1, 2, … along one axis of `value`, the others of size 1. */
function placesAlong(g: Graph, value: Value, axis: number, rank: number): Value {
  const [zero, one] = [g.constant(0, "int64"), g.constant(1, "int64")];
  const size = g.gather(g.shapeOf(value), g.constant(axis, "int64"));
  const places = g.emit(operators.Range, [zero, size, one]);
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  return others.length === 0 ? places : g.unsqueeze(places, others);
}

export function builders(g: Graph): EinsumBuilders {
  return { einsum: (equation, ...operands) => g.emit(Einsum, operands, { equation }) };
}
