import { dtypeOfOnnxCode } from "../dtype.ts";
import { PassError, ShapeError } from "../errors.ts";
import type { Attribute, Dim, GraphDef, Model, NodeDef, NumericTensor } from "../model.ts";
import { operatorNamed } from "../operators/index.ts";
import type { AttributeSpecs, Known, PerInput } from "../operators/operator.ts";
import { sizeOf } from "../tensor.ts";
import { constantNodeValue, fixedInitializers, loaded } from "./stored.ts";

/** From this set on the operators have the forms that their descriptions here speak of. */
export const DESCRIBED_SET = 21;

export const isStandard = ({ domain }: { readonly domain: string }): boolean =>
  domain === "" || domain === "ai.onnx";

/** @throws PassError where older forms would be taken for the newest */
export function requireDescribed({ operatorSets }: Model): void {
  const version = operatorSets.find(isStandard)?.version ?? DESCRIBED_SET;
  if (version >= DESCRIBED_SET) return;
  throw new PassError(`The model is of operator set ${version}: bring it up first (upConvert)`);
}

/** Longer constants are no shapes. */
const CONTENT_ELEMENTS = 64;

/** What is known of a graph's values before it runs; grows as its nodes are shown to it in order. */
export interface Knowledge {
  readonly known: (name: string) => Known | undefined;
  /** What a value holds where that never changes. */
  readonly constantNamed: (name: string) => NumericTensor | undefined;
  /** A size that depends on the data: a new name each time. */
  readonly unknown: () => Dim;
  /** Takes a constant up. */
  keep(constant: NumericTensor): void;
  /** Takes a node's outputs up, as far as its operator is described and its inputs are known. */
  learn(node: NodeDef): void;
}

/** @param outer what is known outside, where `graph` is inside of a node */
export function createKnowledge(graph: GraphDef, outer?: Knowledge): Knowledge {
  const values = new Map<string, Known>();
  const constants = new Map<string, NumericTensor>();
  let unknownSizes = 0;
  // One count for a graph and those inside of it: the same name would be the same size.
  const unknown = outer?.unknown ?? ((): Dim => `unknown.${unknownSizes++}`);

  const knowledge: Knowledge = {
    unknown,
    known: (name) => values.get(name) ?? outer?.known(name),
    constantNamed: (name) => constants.get(name) ?? outer?.constantNamed(name),
    keep(constant) {
      constants.set(constant.name, constant);
      values.set(constant.name, knownConstant(constant));
    },
    learn(node) {
      if (node.op === "Constant") {
        const value = constantNodeValue(node);
        if (value !== undefined) knowledge.keep(value);
        return;
      }
      for (const [name, output] of inferred(node, knowledge, unknown)) values.set(name, output);
    },
  };

  for (const { name, dtype, shape } of graph.inputs) {
    if (dtype === null || shape === null) continue;
    const sizes = shape.map((dim, axis) => (dim === "" ? `${name}.${axis}` : dim));
    values.set(name, { dtype, shape: sizes, content: null });
  }
  for (const constant of fixedInitializers(graph).values()) knowledge.keep(constant);
  return knowledge;
}

function knownConstant(constant: NumericTensor): Known {
  const { dtype, dims } = constant;
  const isContent = (dtype === "int64" || dtype === "int32") && dims.length <= 1;
  const content =
    isContent && sizeOf(dims) <= CONTENT_ELEMENTS
      ? Array.from<number | bigint, number>(loaded(constant).data, Number)
      : null;
  return { dtype, shape: dims, content };
}

function inferred(
  node: NodeDef,
  { known }: Pick<Knowledge, "known">,
  unknown: () => Dim,
): [string, Known][] {
  const operator = operatorNamed(node.op, node.domain);
  const inputs = node.inputs.map((name) => (name === "" ? undefined : known(name)));
  const hole = node.inputs.some((name, index) => name !== "" && inputs[index] === undefined);
  if (operator === undefined || hole) return [];
  try {
    const outputs = operator.infer({
      // A rule asks `given` for inputs that a node may leave out.
      inputs: inputs as readonly (Known | undefined)[] as PerInput<Known>,
      attributes: attributeValues(operator.attributes, node),
      outputCount: node.outputs.length,
      unknown,
    });
    return node.outputs.flatMap((name, index): [string, Known][] => {
      const output = outputs[index];
      if (name === "" || output === undefined) return [];
      return [[name, { ...output, content: output.content ?? null }]];
    });
  } catch (error) {
    // The shapes depend on the data, or the rule can't follow: nothing is known then.
    if (error instanceof ShapeError) return [];
    throw error;
  }
}

function attributeValues(specs: AttributeSpecs, node: NodeDef): object {
  const values = Object.entries(specs).map(([name, { kind, fallback }]) => {
    const attribute = node.attributes[name];
    if (attribute === undefined) return [name, fallback ?? null];
    if (kind !== "dtype") return [name, plain(attribute)];
    return [name, dtypeOfOnnxCode(Number(attribute.value)) ?? null];
  });
  return Object.fromEntries(values) as object;
}

const plain = (attribute: Attribute): unknown => {
  if (attribute.kind === "int") return Number(attribute.value);
  return attribute.kind === "ints" ? attribute.value.map(Number) : attribute.value;
};
