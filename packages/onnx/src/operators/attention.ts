import { dimAt, floorQuotient, plus, product, showShape, type Shape } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import type { Dim } from "../model.ts";
import { defineOperator, float, given, int, several, type ShapeRule } from "./operator.ts";

interface Heads {
  readonly batch: Dim;
  readonly heads: Dim;
  readonly length: Dim;
  readonly size: Dim;
}

/** [batch, heads, length, size], or [batch, length, heads · size] with the number of heads. */
function headsOf(x: Shape, count: number | null): Heads {
  const [batch = 1, second = 1, third = 1, size = 1] = x;
  if (x.length === 4) return { batch, heads: second, length: third, size };
  if (x.length !== 3 || count === null) {
    throw new ShapeError(`${showShape(x)} needs four axes, or three and the number of heads`);
  }
  return { batch, heads: count, length: second, size: floorQuotient(third, count) };
}

/** Since operator set 23. Also answers the keys and values with the past ones, and the scores. */
export const Attention = defineOperator({
  name: "Attention",
  attributes: {
    is_causal: int(0),
    kv_num_heads: int(null),
    q_num_heads: int(null),
    qk_matmul_output_mode: int(0),
    scale: float(null),
    softcap: float(0),
    softmax_precision: int(null),
  },
  shape: ([q, k, v], { inputs, attributes: { kv_num_heads, q_num_heads } }) => {
    const query = headsOf(q, q_num_heads);
    const key = headsOf(k, kv_num_heads);
    const value = headsOf(v, kv_num_heads);
    const past = given(inputs, 4);
    const { batch, heads } = query;
    const total = plus(key.length, past === undefined ? 0 : dimAt(past.shape, 2));
    const [{ dtype }, keys, values] = inputs;
    const answer =
      q.length === 4
        ? [batch, heads, query.length, value.size]
        : [batch, query.length, product([heads, value.size])];
    const optional = true;
    return several([
      { shape: answer, dtype },
      { shape: [batch, key.heads, total, key.size], dtype: keys.dtype, optional },
      { shape: [batch, key.heads, total, value.size], dtype: values.dtype, optional },
      { shape: [batch, heads, query.length, total], dtype, optional },
    ]);
  },
});

const same: ShapeRule = ([x]) => x;

/** Since operator set 23. */
export const RotaryEmbedding = defineOperator({
  name: "RotaryEmbedding",
  attributes: { interleaved: int(0), num_heads: int(null), rotary_embedding_dim: int(0) },
  shape: same,
});
