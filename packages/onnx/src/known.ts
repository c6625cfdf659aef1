import type { Dim, GraphDef, ModelTensor, NumericTensor, SparseTensor } from "./model.ts";
import { CONTENT_ELEMENTS, type Known } from "./operators/operator.ts";
import { loaded } from "./passes/stored.ts";
import { sizeOf } from "./tensor.ts";

const FOLLOWED: ReadonlySet<string> = new Set(["int64", "int32", "bool", "float32"]);

const isFollowed = (tensor: ModelTensor): tensor is NumericTensor =>
  FOLLOWED.has(tensor.dtype) && tensor.dims.length <= 1 && sizeOf(tensor.dims) <= CONTENT_ELEMENTS;

/** What is known of a constant: everything, though only small ones are looked into. */
export function knownTensor(tensor: ModelTensor): Known {
  const { dtype, dims } = tensor;
  if (!isFollowed(tensor)) return { dtype, shape: dims, content: null };
  const values = Array.from<number | bigint, number>(loaded(tensor).data, Number);
  return { dtype, shape: dims, content: values };
}

export const knownSparse = ({ values, dims }: SparseTensor): Known => ({
  dtype: values.dtype,
  shape: dims,
  content: null,
});

/** The inputs of a graph as they are declared; a size without a name gets one. */
export function knownInputs(graph: GraphDef): [string, Known][] {
  return graph.inputs.flatMap(({ name, dtype, shape }): [string, Known][] => {
    if (dtype === null || shape === null) return [];
    // Some exporters write -1 for a size that isn't known.
    const isOpen = (dim: Dim): boolean => dim === "" || Number(dim) < 0;
    const sizes = shape.map((dim, axis): Dim => (isOpen(dim) ? `${name}.${axis}` : dim));
    return [[name, { dtype, shape: sizes, content: null }]];
  });
}
