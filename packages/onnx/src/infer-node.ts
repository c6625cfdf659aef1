import { showShape } from "./dim.ts";
import { elementTypeOfCode } from "./element-type.ts";
import { ShapeError, UndecidedShape } from "./errors.ts";
import { knownSparse, knownTensor } from "./known.ts";
import type { Attribute, Dim, NodeDef } from "./model.ts";
import { operatorNamed } from "./operators/index.ts";
import type {
  AttributeSpec,
  AttributeSpecs,
  Known,
  PerInput,
  ShapeSite,
} from "./operators/operator.ts";
import { showNode } from "./passes/names.ts";
import { constantNodeValue } from "./passes/stored.ts";

/** What a node may ask of the graph around it. */
export interface NodeSite extends Pick<ShapeSite, "unknown" | "subgraph"> {
  /** Undefined for a value of which nothing is known. */
  readonly known: (name: string) => Known | undefined;
}

/**
 * Types and shapes of a node's outputs, in their order.
 * @throws UndecidedShape where they can't be told; ShapeError where the node contradicts itself
 *   or its inputs, naming the node
 */
export function inferNode(node: NodeDef, site: NodeSite): readonly Known[] {
  if (node.op === "Constant" && isStandard(node)) return [constantOf(node)];
  const operator = operatorNamed(node.op, node.domain === "ai.onnx" ? "" : node.domain);
  if (operator === undefined) throw new UndecidedShape("The operator isn't described");
  const inputs = node.inputs.map((name) => (name === "" ? undefined : site.known(name)));
  const hole = node.inputs.find((name, index) => name !== "" && inputs[index] === undefined);
  if (hole !== undefined) throw new UndecidedShape(`Its input "${hole}" is not known`);
  if (!operator.takesSequences && inputs.some((input) => input?.items !== undefined)) {
    throw new UndecidedShape("An input of it is a sequence");
  }
  try {
    const outputs = operator.infer({
      ...site,
      lenient: true,
      // A rule asks `given` for inputs that a node may leave out.
      inputs: inputs as readonly (Known | undefined)[] as PerInput<Known>,
      attributes: attributeValues(operator.attributes, node),
      outputCount: node.outputs.length,
    });
    const wrong = outputs.flatMap(({ shape }) => shape).find((dim) => !isSize(dim));
    if (wrong !== undefined) throw new ShapeError(`It answers a size of ${wrong}`);
    return outputs.map(({ dtype, shape, content = null, items }) =>
      items === undefined ? { dtype, shape, content } : { dtype, shape, content, items },
    );
  } catch (cause) {
    throw explained(cause, node, inputs);
  }
}

const isSize = (dim: Dim): boolean =>
  typeof dim === "string" || (Number.isSafeInteger(dim) && dim >= 0);

const isStandard = ({ domain }: NodeDef): boolean => domain === "" || domain === "ai.onnx";

function constantOf(node: NodeDef): Known {
  const value = constantNodeValue(node);
  if (value !== undefined) return knownTensor(value);
  const { value: stored, sparse_value, value_string, value_strings } = node.attributes;
  if (stored?.kind === "tensor") return knownTensor(stored.value);
  if (sparse_value?.kind === "sparse") return knownSparse(sparse_value.value);
  if (value_string?.kind === "string") return { dtype: "string", shape: [], content: null };
  if (value_strings?.kind === "strings") {
    return { dtype: "string", shape: [value_strings.value.length], content: null };
  }
  throw new UndecidedShape("What the constant holds isn't read");
}

function explained(cause: unknown, node: NodeDef, inputs: readonly (Known | undefined)[]): unknown {
  if (cause instanceof UndecidedShape) return cause;
  const shapes = inputs.map((input) => (input === undefined ? "-" : showShape(input.shape)));
  const where = `${showNode(node)}(${shapes.join(", ")})`;
  if (cause instanceof ShapeError) return new ShapeError(`${where}: ${cause.message}`, { cause });
  // A rule took an input for granted that the node doesn't have.
  if (cause instanceof TypeError && (inputs.length < 3 || inputs.includes(undefined))) {
    return new ShapeError(`${where}: an input is missing`, { cause });
  }
  return cause;
}

/** @throws ShapeError for an attribute that is missing or of another kind than the operator's */
function attributeValues(specs: AttributeSpecs, node: NodeDef): object {
  const values = Object.entries(specs).map(([name, spec]) => {
    const attribute = node.attributes[name];
    if (attribute !== undefined) return [name, valueOf(name, spec, attribute)];
    if (spec.fallback === undefined) throw new ShapeError(`The attribute "${name}" is missing`);
    return [name, spec.fallback];
  });
  return Object.fromEntries(values) as object;
}

function valueOf(name: string, { kind }: AttributeSpec, attribute: Attribute): unknown {
  if (attribute.kind !== (kind === "dtype" ? "int" : kind)) {
    throw new ShapeError(`The attribute "${name}" is ${attribute.kind}, not ${kind}`);
  }
  if (kind === "dtype") {
    const code = Number(attribute.value);
    const dtype = elementTypeOfCode(code);
    if (dtype === undefined) throw new ShapeError(`There is no element type ${code}`);
    return dtype;
  }
  if (attribute.kind === "int") return Number(attribute.value);
  return attribute.kind === "ints" ? attribute.value.map(Number) : attribute.value;
}
