import { elementsFrom, elementSize, viewOf } from "../dtype.ts";
import type { DType } from "../dtype.ts";
import { isNumeric } from "../element-type.ts";
import type { GraphDef, Int64, NodeDef, NumericTensor } from "../model.ts";
import { sizeOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

/** The tensor as a model stores it; shares its memory. */
export const stored = (name: string, { dtype, dims, data }: Tensor): NumericTensor => ({
  name,
  dtype,
  dims,
  bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});

/**
 * The elements of a stored tensor: a view where the bytes lie as such elements must, which in
 * a model that was read is a matter of chance, else a copy. Never write into it.
 */
export function loaded({ dtype, dims, bytes }: NumericTensor): Tensor {
  const aligned = bytes.byteOffset % elementSize(dtype) === 0 ? bytes : new Uint8Array(bytes);
  const data = viewOf(dtype, aligned.buffer, aligned.byteOffset, sizeOf(dims));
  return { dtype, dims, data } as Tensor;
}

/** A constant out of numbers; without `dims` a vector. */
export function constantOf<D extends DType>(
  name: string,
  dtype: D,
  numbers: readonly Int64[],
  dims: readonly number[] = [numbers.length],
): NumericTensor {
  return stored(name, { dtype, dims, data: elementsFrom(dtype, numbers) } as Tensor);
}

/**
 * The initialisers that no caller can replace: since IR version 4 one that is also a graph
 * input is only a default.
 */
export function fixedInitializers(graph: GraphDef): ReadonlyMap<string, NumericTensor> {
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  return new Map(
    graph.initializers
      .filter(isNumeric)
      .filter(({ name }) => !inputs.has(name))
      .map((tensor) => [tensor.name, tensor]),
  );
}

/** What a Constant node holds; undefined for strings and sparse tensors. */
export function constantNodeValue(node: NodeDef): NumericTensor | undefined {
  const { value, value_float, value_int, value_floats, value_ints } = node.attributes;
  const name = node.outputs[0] ?? "";
  if (value?.kind === "tensor" && isNumeric(value.value)) return { ...value.value, name };
  if (value_float?.kind === "float") return constantOf(name, "float32", [value_float.value], []);
  if (value_floats?.kind === "floats") return constantOf(name, "float32", value_floats.value);
  if (value_int?.kind === "int") return constantOf(name, "int64", [value_int.value], []);
  if (value_ints?.kind === "ints") return constantOf(name, "int64", value_ints.value);
  return undefined;
}
