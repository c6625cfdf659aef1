import { elementsFrom, showShape, sizeOf } from "@groundswell/onnx";
import type { NumericTensor } from "@groundswell/onnx";

import { GraphError } from "./errors.ts";
import type { GraphCore } from "./graph.ts";
import type { Value } from "./value.ts";

/** Longer constants aren't compared with each other. */
const COMPARED_BYTES = 512;

/** The constants of one graph. */
export function createConstants(): Pick<GraphCore, "constant" | "contentsOf"> {
  const contents = new Map<Value, NumericTensor>();
  const known = new Map<string, Value>();
  return {
    constant(data, dtype, shape) {
      const elements = typeof data === "number" ? [data] : data;
      const dims = shape ?? (typeof data === "number" ? [] : [elements.length]);
      if (sizeOf(dims) !== elements.length) {
        throw new GraphError(`${elements.length} elements for a constant ${showShape(dims)}`);
      }
      const stored = elementsFrom(dtype, elements);
      const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
      const compared = bytes.length <= COMPARED_BYTES;
      const key = compared ? `${dtype} ${showShape(dims)} ${bytes.join()}` : "";
      const same = compared ? known.get(key) : undefined;
      if (same !== undefined) return same;

      const name = `constant.${contents.size}`;
      const content = dtype === "int64" && dims.length < 2 ? elements : null;
      const value: Value = { name, dtype, shape: dims, node: null, content };
      contents.set(value, { name, dtype, dims, bytes });
      if (compared) known.set(key, value);
      return value;
    },
    contentsOf: (value) => contents.get(value),
  };
}
