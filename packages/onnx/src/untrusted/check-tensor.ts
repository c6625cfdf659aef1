import { isDType } from "../element-type.ts";
import type { Dim, ModelTensor, ValueInfo } from "../model.ts";
import type { UntrustedPolicy } from "./policy.ts";
import { ModelRefused, quoted } from "./refusal.ts";

type Bounds = Pick<UntrustedPolicy, "elements" | "rank" | "textLength">;

/** @throws ModelRefused unless the shape is small enough; symbols count as one, and empty sizes too */
function checkShape(shape: readonly Dim[], of: string, bounds: Bounds, node: string | null): void {
  if (shape.length > bounds.rank) {
    const why = `${of} has rank ${shape.length}, ${bounds.rank} is allowed`;
    throw new ModelRefused("shape", why, { node });
  }
  let elements = 1;
  for (const dim of shape) if (typeof dim === "number") elements *= Math.max(1, dim);
  if (elements > bounds.elements) {
    const why = `${of} has ${elements} elements, ${bounds.elements} are allowed`;
    throw new ModelRefused("shape", why, { node });
  }
}

/** A tensor of the file. That it holds as much as its shape says, the reader has seen to. */
export function checkTensor(tensor: ModelTensor, bounds: Bounds, node: string | null): void {
  const of = `Tensor ${quoted(tensor.name)}`;
  if (!isDType(tensor.dtype)) {
    throw new ModelRefused("element-type", `${of} is ${tensor.dtype}`, { node });
  }
  checkShape(tensor.dims, of, bounds, node);
}

/** An input of the model: its type and rank must be declared. */
export function checkInput({ name, dtype, shape }: ValueInfo, bounds: Bounds): void {
  const of = `Input ${quoted(name)}`;
  if (dtype === null || !isDType(dtype)) {
    throw new ModelRefused("element-type", `${of} is ${dtype ?? "of no declared type"}`);
  }
  if (shape === null) throw new ModelRefused("shape", `${of} has no declared shape`);
  checkDeclared({ name, shape }, of, bounds);
}

export const checkOutput = ({ name, dtype, shape }: ValueInfo, bounds: Bounds): void => {
  const of = `Output ${quoted(name)}`;
  if (dtype !== null && !isDType(dtype)) {
    throw new ModelRefused("element-type", `${of} is ${dtype}`);
  }
  checkDeclared({ name, shape }, of, bounds);
};

function checkDeclared(
  { shape }: Pick<ValueInfo, "name" | "shape">,
  of: string,
  bounds: Bounds,
): void {
  for (const dim of shape ?? []) {
    if (typeof dim === "string" && dim.length > bounds.textLength) {
      throw new ModelRefused("name", `${of} has a size with a name of ${dim.length} characters`);
    }
  }
  checkShape(shape ?? [], of, bounds, null);
}
