import * as activation from "./activation.ts";
import * as control from "./control.ts";
import * as conv from "./conv.ts";
import * as elementwise from "./elementwise.ts";
import * as gather from "./gather.ts";
import * as layout from "./layout.ts";
import * as logic from "./logic.ts";
import * as math from "./math.ts";
import * as matmul from "./matmul.ts";
import * as normalization from "./normalization.ts";
import type { Operator } from "./operator.ts";
import * as pool from "./pool.ts";
import * as recurrent from "./recurrent.ts";
import * as reduce from "./reduce.ts";
import * as shape from "./shape.ts";
import * as softmax from "./softmax.ts";

/** The operators by name. A new file of operators is named here. */
export const operators = {
  ...control,
  ...activation,
  ...math,
  ...conv,
  ...normalization,
  ...pool,
  ...elementwise,
  ...gather,
  ...layout,
  ...logic,
  ...matmul,
  ...recurrent,
  ...reduce,
  ...shape,
  ...softmax,
};

const keyOf = (name: string, domain: string): string => `${domain}:${name}`;

const byKey = new Map<string, Operator>(
  Object.values<Operator>(operators).map((operator) => [
    keyOf(operator.name, operator.domain),
    operator,
  ]),
);

/** The description of an operator; undefined where there is none. */
export const operatorNamed = (name: string, domain = ""): Operator | undefined =>
  byKey.get(keyOf(name, domain));
