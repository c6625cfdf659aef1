import { elementsFrom, showShape, sizeOf } from "@groundswell/onnx";
import type { NumericTensor } from "@groundswell/onnx";

import { GraphError } from "./errors.ts";
import type { GraphCore } from "./graph.ts";
import type { Value } from "./value.ts";

/** Longer constants aren't compared with each other. */
const COMPARED_BYTES = 512;

/** The constants of one graph; `scope` stands before their names. */
export function createConstants(
  scope = "",
): Pick<GraphCore, "constant" | "constantTensor" | "contentsOf"> {
  const contents = new Map<Value, NumericTensor>();
  const known = new Map<string, Value>();

  function constantTensor({ dtype, dims, bytes }: Omit<NumericTensor, "name">): Value {
    const compared = bytes.length <= COMPARED_BYTES;
    const key = compared ? `${dtype} ${showShape(dims)} ${bytes.join()}` : "";
    const same = compared ? known.get(key) : undefined;
    if (same !== undefined) return same;

    const name = `${scope}constant.${contents.size}`;
    const content = contentOf({ name, dtype, dims, bytes });
    const value: Value = { name, dtype, shape: dims, node: null, content };
    contents.set(value, { name, dtype, dims, bytes });
    if (compared) known.set(key, value);
    return value;
  }

  return {
    constantTensor,
    constant(data, dtype, shape) {
      const elements = typeof data === "number" ? [data] : data;
      const dims = shape ?? (typeof data === "number" ? [] : [elements.length]);
      if (sizeOf(dims) !== elements.length) {
        throw new GraphError(`${elements.length} elements for a constant ${showShape(dims)}`);
      }
      const stored = elementsFrom(dtype, elements);
      const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
      return constantTensor({ dtype, dims, bytes });
    },
    contentsOf: (value) => contents.get(value),
  };
}

/** What a small constant of whole numbers holds, for shape rules. */
function contentOf({ dtype, dims, bytes }: NumericTensor): readonly number[] | null {
  if (dims.length > 1 || (dtype !== "int64" && dtype !== "int32")) return null;
  const aligned = bytes.slice().buffer;
  const elements = dtype === "int64" ? new BigInt64Array(aligned) : new Int32Array(aligned);
  return Array.from<number | bigint, number>(elements, Number);
}
