import { expect, test } from "vitest";

import { mutateRule } from "./gradient-mutation.ts";
import { OPS } from "./ops/index.ts";

const WITH_RULE = OPS.filter(({ grad }) => typeof grad === "function");

test.each(WITH_RULE.map((op) => [op.operator.name, op] as const))(
  "%s: the gradient check notices a wrong sign",
  (_, op) => {
    const mutations = mutateRule(op);
    expect(mutations.length).toBeGreaterThan(0);
    for (const { entry, cases, noticed } of mutations)
      expect({ entry, noticed }).toEqual({ entry, noticed: cases });
  },
);
