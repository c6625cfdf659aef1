import { isStatic, type Shape, type SizeComparison } from "../dim.ts";
import { UndecidedShape } from "../errors.ts";
import type { Dim, ElementType, GraphDef, ModelTensor } from "../model.ts";

/**
 * How each attribute of an operator is written: ONNX tells 1 (int) from 1.0 (float),
 * JavaScript doesn't.
 */
interface AttributeTypes {
  int: number;
  float: number;
  string: string;
  ints: readonly number[];
  floats: readonly number[];
  strings: readonly string[];
  /** An int in the file: the number of an element type. */
  dtype: ElementType;
  tensor: ModelTensor;
  graph: GraphDef;
}

export type AttributeKind = keyof AttributeTypes;
export type AttributeValue = AttributeTypes[AttributeKind];

/** One attribute of an operator. */
export interface AttributeSpec<T = AttributeValue | null> {
  readonly kind: AttributeKind;
  /** What a node without it means; null where that is nothing, undefined where it must be given. */
  readonly fallback: T | undefined;
}

interface SpecOf<T> {
  /** A node must have it. */
  (): AttributeSpec<T>;
  /** A node without it means this. */
  (fallback: T): AttributeSpec<T>;
  /** A node may do without it. */
  (fallback: null): AttributeSpec<T | null>;
}

function specOf<Kind extends AttributeKind>(kind: Kind): SpecOf<AttributeTypes[Kind]> {
  function spec(fallback?: AttributeTypes[Kind] | null): AttributeSpec<never> {
    return { kind, fallback: fallback as undefined };
  }
  return spec;
}

export const int = specOf("int");
export const float = specOf("float");
export const string = specOf("string");
export const ints = specOf("ints");
export const floats = specOf("floats");
export const strings = specOf("strings");
export const dtype = specOf("dtype");
export const tensorAttribute = specOf("tensor");
export const graph = specOf("graph");

export type AttributeSpecs = Readonly<Record<string, AttributeSpec>>;

export type AttributesOf<A extends AttributeSpecs> = {
  readonly [Name in keyof A]: A[Name] extends AttributeSpec<infer T> ? T : never;
};

/** A tensor of a graph, as far as it is known before the graph runs. */
export interface Known {
  readonly dtype: ElementType;
  readonly shape: Shape;
  /**
   * For small tensors of numbers, what they hold as far as that is known: the values of a
   * constant, or the sizes that a Shape node will answer. Bools are 0 or 1.
   */
  readonly content: readonly Dim[] | null;
  /**
   * Set where the value is a sequence of tensors, or an optional one: what is in it. `shape`
   * is that of nothing then.
   */
  readonly items?: readonly Known[];
}

/**
 * One for each input of an operator. Typed as if every operator had at least three, so that
 * rules can take them apart by position; a rule reads only those that its operator has. One
 * that a node leaves out is undefined, whatever the type says: ask `given` for those.
 */
export type PerInput<T> = readonly [T, T, T, ...T[]];

/** What a shape rule may look at beside the shapes. */
export interface ShapeSite<A extends AttributeSpecs = AttributeSpecs> extends SizeComparison {
  readonly inputs: PerInput<Known>;
  readonly attributes: AttributesOf<A>;
  /** How many outputs the node names. */
  readonly outputCount: number;
  /** As in `SizeComparison`; may be handed on alone. */
  readonly unknown: () => Dim;
  /**
   * Types and shapes of what a graph among the attributes answers when it is given `inputs`;
   * without it, a rule has what the graph declares. @throws ShapeError where one isn't known
   */
  readonly subgraph?: (body: GraphDef, inputs: readonly Known[]) => readonly OutputSpec[];
}

/** An input that a node may leave out. */
export const given = <T>(inputs: readonly (T | undefined)[], index: number): T | undefined =>
  inputs[index];

/** What a shape rule says of one output, where the shape alone doesn't say it all. */
export interface OutputSpec {
  readonly shape: Shape;
  readonly dtype: ElementType;
  readonly content?: readonly Dim[] | null;
  readonly items?: readonly Known[];
  /** The operator need not compute it where nobody reads it. */
  readonly optional?: boolean;
}

/** The shape of the only output, or `several(...)`. */
export type ShapeAnswer = Shape | Several;

interface Several {
  readonly outputs: readonly OutputSpec[];
}

/** Answer of a shape rule for an operator with more than one output, or one whose content is known. */
export const several = (outputs: readonly OutputSpec[]): Several => ({ outputs });

/** @throws ShapeError where the shapes don't go together */
export type ShapeRule<A extends AttributeSpecs = AttributeSpecs> = (
  shapes: PerInput<Shape>,
  site: ShapeSite<A>,
) => ShapeAnswer;

/** What ONNX says of one operator, in its newest version. */
export interface OperatorDefinition<A extends AttributeSpecs = AttributeSpecs> {
  readonly name: string;
  /** Default: the standard operators. */
  readonly domain?: string;
  readonly attributes?: A;
  readonly shape: ShapeRule<A>;
  /** Whether its inputs may be sequences or optional ones. */
  readonly takesSequences?: boolean;
  /** Element type of the only output. Default: that of the first input. */
  readonly dtype?: (site: ShapeSite<A>) => ElementType;
  /** What the only output holds, as far as that follows from what the inputs hold. */
  readonly content?: (site: ShapeSite<A>) => Content;
}

export type Content = Known["content"];

export interface Operator<A extends AttributeSpecs = AttributeSpecs> {
  readonly name: string;
  readonly domain: string;
  readonly attributes: A;
  readonly takesSequences: boolean;
  /** Types and shapes of all outputs. @throws ShapeError */
  infer(
    site: Omit<ShapeSite, "attributes"> & { readonly attributes: object },
  ): readonly OutputSpec[];
}

/** Describes one operator: its attributes and the shapes of its outputs. */
export function defineOperator<const A extends AttributeSpecs = Record<never, never>>(
  definition: OperatorDefinition<A>,
): Operator<A> {
  const { name, domain = "", shape, dtype: typeRule, content } = definition;
  return {
    name,
    domain,
    attributes: definition.attributes ?? ({} as A),
    takesSequences: definition.takesSequences ?? false,
    infer(untyped) {
      // The caller has held the attributes against `attributes`.
      const site = untyped as ShapeSite<A>;
      const shapes = site.inputs.map((input) => input?.shape) as readonly Shape[];
      const answer = shape(shapes as PerInput<Shape>, site);
      if ("outputs" in answer) return answer.outputs;
      const type = typeRule?.(site) ?? site.inputs[0].dtype;
      return [{ shape: answer, dtype: type, content: contentOf(type, answer, content, site) }];
    },
  };
}

/** Longer tensors are no sizes. */
export const CONTENT_ELEMENTS = 256;

const FOLLOWED: ReadonlySet<ElementType> = new Set(["int64", "int32", "bool", "float32"]);

/** Only scalars and vectors are followed, which is what sizes are worked out in. */
function contentOf<A extends AttributeSpecs>(
  type: ElementType,
  shape: Shape,
  rule: OperatorDefinition<A>["content"],
  site: ShapeSite<A>,
): Content {
  if (rule === undefined || !FOLLOWED.has(type) || shape.length > 1) return null;
  const [length = 1] = shape;
  return typeof length === "number" && length <= CONTENT_ELEMENTS ? rule(site) : null;
}

/** What an input holds that must be known before the graph runs. @throws ShapeError */
export function constantInts(value: Known, what: string): readonly number[] {
  if (value.content === null || !isStatic(value.content)) {
    throw new UndecidedShape(`The ${what} must be constant`);
  }
  return value.content;
}
