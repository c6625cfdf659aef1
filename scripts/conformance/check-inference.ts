import { boundSize, inferShapes, PassError, ShapeError, UndecidedShape } from "@groundswell/onnx";
import type { Dim, Known, Model, ModelTensor, Shape } from "@groundswell/onnx";

import { failed, inOneLine, passed, refused, unknown, type Outcome } from "./outcome.ts";
import type { Recorded } from "./recorded.ts";

/** Types and shapes worked out from the model alone are those of the recorded outputs. */
export function checkInference(model: Model, recorded: Recorded): Outcome {
  let values: ReadonlyMap<string, Known | null>;
  try {
    ({ values } = inferShapes(model));
  } catch (error) {
    if (error instanceof PassError || error instanceof UndecidedShape) {
      return refused(inOneLine(error));
    }
    if (error instanceof ShapeError) return failed(inOneLine(error));
    throw error;
  }
  const sizes = sizesOf(model, recorded);
  let open: Outcome | undefined;
  for (const [name, value] of recorded.outputs) {
    const outcome = compare(name, values.get(name) ?? null, value, sizes);
    if (outcome.end === "failed") return outcome;
    if (outcome.end === "unknown") open ??= outcome;
  }
  return open ?? passed;
}

/** What the names of sizes stand for in the recorded inputs. */
function sizesOf({ graph }: Model, { inputs }: Recorded): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { name, shape } of graph.inputs) {
    const dims = inputs.get(name)?.dims;
    for (const [axis, dim] of (shape ?? []).entries()) {
      const size = dims?.[axis];
      // A size without a name gets this one while shapes are worked out.
      if (typeof dim === "string" && size !== undefined) sizes.set(dim || `${name}.${axis}`, size);
    }
  }
  return sizes;
}

function compare(
  name: string,
  known: Known | null,
  { dtype, dims }: ModelTensor,
  sizes: ReadonlyMap<string, number>,
): Outcome {
  if (known === null) return unknown(`Nothing is known of "${name}"`);
  const bound = known.shape.map((dim) =>
    boundSize(dim, (symbol) => sizes.get(symbol) ?? Number.NaN),
  );
  const isRight = bound.every((size, axis) => Number.isNaN(size) || size === dims[axis]);
  if (known.dtype !== dtype || bound.length !== dims.length || !isRight) {
    const inferred = `${known.dtype} ${show(known.shape, bound)}`;
    return failed(`"${name}" should be ${inferred} and is ${dtype} [${dims.join(", ")}]`);
  }
  return bound.some(Number.isNaN) ? unknown(`Sizes of "${name}" are left open`) : passed;
}

function show(shape: Shape, bound: readonly number[]): string {
  const sizes = shape.map((dim, axis) =>
    typeof dim === "string" ? `${dim} = ${bound[axis]}` : String(dim),
  );
  return `[${sizes.join(", ")}]`;
}

/**
 * The model with symbols for the first sizes of its inputs: "N" for that of the first input and
 * all that are like it, another one for each other size.
 */
export function withSymbolicBatch(model: Model, { inputs }: Recorded): Model {
  const taken = new Set(model.graph.inputs.flatMap(({ shape }) => shape ?? []));
  const free = ["N", ...Array.from({ length: taken.size + inputs.size }, (_, k) => `N${k + 1}`)];
  const names = free.filter((symbol) => !taken.has(symbol)).values();
  const symbols = new Map<number, Dim>();
  const symbolOf = (size: number): Dim => {
    const symbol = symbols.get(size) ?? names.next().value ?? "";
    symbols.set(size, symbol);
    return symbol;
  };
  const declared = model.graph.inputs.map((info) => {
    const size = inputs.get(info.name)?.dims[0];
    if (size === undefined || info.shape === null || info.shape.length === 0) return info;
    return { ...info, shape: [symbolOf(size), ...info.shape.slice(1)] };
  });
  return { ...model, graph: { ...model.graph, inputs: declared } };
}

/** The model with the recorded inputs as constants, where they may be sizes, axes or scales. */
export function withKnownInputs(model: Model, { inputs }: Recorded): Model {
  const { graph } = model;
  const known = new Set(
    [...inputs.keys()].filter((name) => (inputs.get(name)?.dims.length ?? 2) < 2),
  );
  return {
    ...model,
    graph: {
      ...graph,
      inputs: graph.inputs.filter(({ name }) => !known.has(name)),
      initializers: [
        ...graph.initializers,
        ...[...inputs].flatMap(([name, value]) => (known.has(name) ? [{ ...value, name }] : [])),
      ],
    },
  };
}
