import type { Model, ModelTensor, NodeDef, NumericTensor } from "../model.ts";
import type { Range } from "./calibrate.ts";
import { freshNames } from "./names.ts";
import { intValue, newNode } from "./node-edit.ts";
import { quantizeWeight } from "./quantized-weight.ts";
import { constantOf, loaded, stored } from "./stored.ts";

const INT32_MOST = 2 ** 31 - 1;

/** Writes pairs of QuantizeLinear and DequantizeLinear, and constants that are quantised already. */
export interface QdqWriter {
  /** The rewritten graph, in order; the caller adds the nodes in between. */
  readonly nodes: NodeDef[];
  readonly added: ModelTensor[];
  /** Rounds a value to uint8 and back, where its range was measured. */
  round(name: string): void;
  /** The rounded value's name, or `name` where it isn't rounded. */
  rounded(name: string): string;
  /** The weight as int8, with a scale for each index along `axis`. Answers a float value's name. */
  weight(weight: NumericTensor, axis: number): string;
  /** The bias as int32, in the scale that products have; as it is where it doesn't fit there. */
  bias(bias: NumericTensor, of: BiasOf): string;
}

interface BiasOf {
  readonly input: string;
  readonly weight: NumericTensor;
  readonly axis: number;
}

interface Rounding {
  readonly ranges: ReadonlyMap<string, Range>;
  /** The int8 that the largest weight of a channel becomes. */
  readonly largest: number;
}

export function createQdqWriter(model: Model, { ranges, largest }: Rounding): QdqWriter {
  const fresh = freshNames(model);
  const added: ModelTensor[] = [];
  const nodes: NodeDef[] = [];
  const values = new Map<string, { readonly name: string; readonly scale: number }>();
  const weights = new Map<string, { readonly name: string; readonly scales: Float32Array }>();
  const weightKey = ({ name }: NumericTensor, axis: number): string => `${axis} ${name}`;

  const constant = (tensor: ModelTensor): string => {
    const name = fresh(tensor.name);
    added.push({ ...tensor, name });
    return name;
  };
  const dequantized = (from: readonly string[], hint: string, axis: number | null): string => {
    const name = fresh(hint);
    const attributes = axis === null ? {} : { axis: intValue(axis) };
    nodes.push(newNode("DequantizeLinear", from, [name], attributes));
    return name;
  };

  return {
    nodes,
    added,
    round(name) {
      const range = ranges.get(name);
      if (range === undefined) return;
      const { scale, zero } = affine(range);
      const scaleName = constant(constantOf(`${name}.scale`, "float32", [scale], []));
      const zeroName = constant(constantOf(`${name}.zero`, "uint8", [zero], []));
      const quantized = fresh(`${name}.uint8`);
      nodes.push(newNode("QuantizeLinear", [name, scaleName, zeroName], [quantized]));
      const back = dequantized([quantized, scaleName, zeroName], `${name}.rounded`, null);
      values.set(name, { name: back, scale });
    },
    rounded: (name) => values.get(name)?.name ?? name,
    weight(weight, axis) {
      const key = weightKey(weight, axis);
      const known = weights.get(key);
      if (known !== undefined) return known.name;
      const { dims, data, scales } = quantizeWeight(weight, { axis, largest });
      const vector = [scales.length];
      const int8 = constant(stored(`${weight.name}.int8`, { dtype: "int8", dims, data }));
      const scaleName = constant(
        stored(`${weight.name}.scale`, { dtype: "float32", dims: vector, data: scales }),
      );
      const zero = constant(
        stored(`${weight.name}.zero`, {
          dtype: "int8",
          dims: vector,
          data: new Int8Array(scales.length),
        }),
      );
      const name = dequantized([int8, scaleName, zero], `${weight.name}.rounded`, axis);
      weights.set(key, { name, scales });
      return name;
    },
    bias(bias, { input, weight, axis }) {
      const scales = weights.get(weightKey(weight, axis))?.scales;
      const inputScale = values.get(input)?.scale;
      const isVector = bias.dims.length === 1 && bias.dims[0] === scales?.length;
      if (!scales || !inputScale || !isVector || bias.dtype !== "float32") return bias.name;
      const products = scales.map((scale) => scale * inputScale);
      const numbers = Array.from<number | bigint, number>(loaded(bias).data, Number);
      const data = numbers.map((value, i) => Math.round(value / (products[i] ?? 1)));
      if (data.some((value) => Math.abs(value) > INT32_MOST)) return bias.name;
      const int32 = constant(constantOf(`${bias.name}.int32`, "int32", data));
      const scaleName = constant(
        stored(`${bias.name}.scale`, { dtype: "float32", dims: bias.dims, data: products }),
      );
      return dequantized([int32, scaleName], `${bias.name}.rounded`, 0);
    },
  };
}

/** uint8 ≈ value / scale + zero; 0 itself is told exactly, as padding and activations need. */
function affine(range: Range): { scale: number; zero: number } {
  const least = Math.min(0, range.least);
  const most = Math.max(0, range.most);
  const scale = (most - least) / 255;
  if (!Number.isFinite(scale) || scale === 0) return { scale: 1, zero: 0 };
  return { scale, zero: Math.round(-least / scale) };
}
