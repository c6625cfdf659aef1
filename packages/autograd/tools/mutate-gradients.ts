/**
 * Gives every entry of every gradient rule the wrong sign, an operator at a time, in memory, and
 * says which of them the gradient check doesn't notice. Exits 1 where there is one.
 */
import { mutateRule } from "../src/gradient-mutation.ts";
import { OPS } from "../src/ops/index.ts";

let [mutants, survivors] = [0, 0];
for (const op of OPS) {
  const { name } = op.operator;
  for (const { entry, cases, noticed } of mutateRule(op)) {
    mutants += 1;
    if (noticed === cases) continue;
    survivors += 1;
    console.log(`${name}, input ${entry}: noticed in ${noticed} of ${cases} cases`);
  }
}
console.log(
  `${mutants} wrong signs in the rules of ${OPS.length} operators, ${survivors} unnoticed`,
);
process.exitCode = survivors === 0 ? 0 : 1;
