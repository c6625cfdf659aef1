import * as activation from "./activation.ts";
import * as attention from "./attention.ts";
import * as classical from "./classical.ts";
import * as control from "./control.ts";
import * as conv from "./conv.ts";
import { Einsum } from "./einsum.ts";
import * as elementwise from "./elementwise.ts";
import * as gather from "./gather.ts";
import * as image from "./image.ts";
import * as layout from "./layout.ts";
import * as logic from "./logic.ts";
import * as loss from "./loss.ts";
import * as math from "./math.ts";
import * as matmul from "./matmul.ts";
import * as normalization from "./normalization.ts";
import type { Operator } from "./operator.ts";
import * as pool from "./pool.ts";
import * as quantize from "./quantize.ts";
import * as random from "./random.ts";
import * as recurrent from "./recurrent.ts";
import * as reduce from "./reduce.ts";
import * as resize from "./resize.ts";
import * as sequence from "./sequence.ts";
import * as shape from "./shape.ts";
import * as signal from "./signal.ts";
import * as slice from "./slice.ts";
import * as softmax from "./softmax.ts";
import * as text from "./text.ts";
import * as training from "./training.ts";
import * as trees from "./trees.ts";

/** The operators by name. A new file of operators is named here. */
export const operators = {
  ...activation,
  ...attention,
  ...classical,
  ...control,
  ...conv,
  Einsum,
  ...elementwise,
  ...gather,
  ...image,
  ...layout,
  ...logic,
  ...loss,
  ...math,
  ...matmul,
  ...normalization,
  ...pool,
  ...quantize,
  ...random,
  ...recurrent,
  ...reduce,
  ...resize,
  ...sequence,
  ...shape,
  ...signal,
  ...slice,
  ...softmax,
  ...text,
  ...training,
  ...trees,
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
