import type { Model, ModelTensor, NodeDef, NumericTensor } from "../model.ts";
import { matchesAny } from "../name-pattern.ts";
import type { NamePattern } from "../name-pattern.ts";
import { sizeOf } from "../tensor.ts";
import { freshNames } from "./names.ts";
import { newNode } from "./node-edit.ts";
import { quantizeWeight, transposed } from "./quantized-weight.ts";
import { fixedInitializers, stored } from "./stored.ts";

export interface QuantizeOptions {
  /** Names of weights to quantise. Default: all. */
  readonly weights?: readonly NamePattern[];
  /** Smaller weights stay as they are: they cost no memory, and rounding them costs accuracy. Default 256 elements. */
  readonly minElements?: number;
  /**
   * Seven bits instead of eight. On x86 without VNNI the runtime adds two products in 16 bits,
   * which eight bits can overflow without an error. Default false.
   */
  readonly sevenBits?: boolean;
  /**
   * Convolutions too. They become small but, on a CPU, slower than floats, as their ranges are
   * found anew each time: `quantizeStatic` makes them both. Default false.
   */
  readonly convolutions?: boolean;
}

export interface Int8Writer {
  readonly convolutions: boolean;
  readonly added: ModelTensor[];
  fresh(hint: string): string;
  /** The weight of that name, if it is to be quantised. */
  weightNamed(name: string | undefined): NumericTensor | undefined;
  constant(tensor: ModelTensor): string;
  /** int8 values and float32 scales of a weight, as initialisers; once for each weight. */
  weight(tensor: NumericTensor, form: WeightForm): { values: string; scales: string };
  /** Nodes that quantise `x`, none where they are there already, and the names they answer. */
  input(x: string): { nodes: NodeDef[]; values: string; scale: string; zero: string };
}

interface WeightForm {
  readonly axis: number;
  readonly scaleDims: (channels: number) => readonly number[];
  /** Multiplies all scales. */
  readonly factor?: number;
  /** The matrix is stored the other way round. */
  readonly transpose?: boolean;
}

export function createInt8Writer(model: Model, options: QuantizeOptions): Int8Writer {
  const { weights = ["*"], minElements = 256, sevenBits = false, convolutions = false } = options;
  const constants = fixedInitializers(model.graph);
  const fresh = freshNames(model);
  const added: ModelTensor[] = [];
  const done = new Map<string, { values: string; scales: string }>();
  const inputs = new Map<string, { values: string; scale: string; zero: string }>();

  const writer: Int8Writer = {
    added,
    fresh,
    convolutions,
    weightNamed(name = "") {
      const weight = constants.get(name);
      const isWanted = weight?.dtype === "float32" && sizeOf(weight.dims) >= minElements;
      return isWanted && matchesAny(weights, name) ? weight : undefined;
    },
    constant(tensor) {
      const name = fresh(tensor.name);
      added.push({ ...tensor, name });
      return name;
    },
    weight(tensor, { axis, scaleDims, factor = 1, transpose = false }) {
      const key = `${tensor.name} ${axis} ${factor} ${transpose}`;
      const known = done.get(key);
      if (known !== undefined) return known;
      const laid = transpose ? transposed(tensor) : tensor;
      const { dims, data, scales } = quantizeWeight(laid, { axis, largest: sevenBits ? 63 : 127 });
      const factored = scales.map((scale) => scale * factor);
      const shape = scaleDims(factored.length);
      const named = {
        values: writer.constant(stored(`${tensor.name}.int8`, { dtype: "int8", dims, data })),
        scales: writer.constant(
          stored(`${tensor.name}.scale`, { dtype: "float32", dims: shape, data: factored }),
        ),
      };
      done.set(key, named);
      return named;
    },
    input(x) {
      const known = inputs.get(x);
      if (known !== undefined) return { ...known, nodes: [] };
      const [values, scale, zero] = ["uint8", "scale", "zero"].map((hint) =>
        fresh(`${x}.${hint}`),
      ) as [string, string, string];
      inputs.set(x, { values, scale, zero });
      const nodes = [newNode("DynamicQuantizeLinear", [x], [values, scale, zero])];
      return { nodes, values, scale, zero };
    },
  };
  return writer;
}
