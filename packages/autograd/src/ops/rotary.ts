import { given, operators } from "@groundswell/onnx";

import type { Graph } from "../graph.ts";
import { defineOp } from "../op.ts";
import type { Value } from "../value.ts";

export interface RotaryBuilders {
  /**
   * x [batch, heads, length, size] with pairs of entries turned by the angles of their places:
   * cosines and sines [places, size / 2], places int64 [batch, length] (Su et al., "RoFormer",
   * 2021).
   */
  rotary(x: Value, angles: RotaryAngles): Value;
}

export interface RotaryAngles {
  readonly cosines: Value;
  readonly sines: Value;
  readonly places: Value;
}

/** Turning back is turning by the opposite angle; the tables of angles are taken as constants. */
export const RotaryEmbedding = defineOp(operators.RotaryEmbedding, {
  grad: ({ dy, g, inputs, attributes }) => [
    () => {
      const [, cosines, sines] = inputs;
      const places = given(inputs, 3) ?? null;
      return g.emit(operators.RotaryEmbedding, [dy, cosines, g.neg(sines), places], attributes);
    },
  ],
  cases: [
    { inputs: [["N", 2, 3, 4], ...anglesOf(5, 2), { shape: ["N", 3], dtype: "int64", below: 5 }] },
    {
      inputs: [["N", 3, 8], ...anglesOf(5, 2), { shape: ["N", 3], dtype: "int64", below: 5 }],
      attributes: { num_heads: 2, interleaved: 1 },
    },
    // Only the first two of four entries turn.
    {
      inputs: [["N", 2, 3, 4], ...anglesOf(5, 1), { shape: ["N", 3], dtype: "int64", below: 5 }],
      attributes: { num_heads: 2, rotary_embedding_dim: 2 },
    },
  ],
  check: "float32",
});

/** Cosines and sines [places, count] of angles that grow with the place. */
function anglesOf(places: number, count: number) {
  const shape = [places, count];
  const angles = Array.from(
    { length: places * count },
    (_, k) => Math.floor(k / count) / (1 + (k % count)),
  );
  return [
    { floats: angles.map(Math.cos), shape },
    { floats: angles.map(Math.sin), shape },
  ];
}

export function builders(g: Graph): RotaryBuilders {
  return {
    rotary: (x, { cosines, sines, places }) => g.emit(RotaryEmbedding, [x, cosines, sines, places]),
  };
}
