import type { DType } from "../../dtype.ts";
import { PassError } from "../../errors.ts";
import type { Attribute, NodeDef, NumericTensor } from "../../model.ts";
import type { Known } from "../../operators/operator.ts";
import { showNode } from "../names.ts";

/** What a rewrite may ask for. */
export interface UpgradeSite {
  /** A name that nothing bears. */
  fresh(hint: string): string;
  /** Adds a constant to the graph and answers its name. Without `dims` it is a vector. */
  constant(
    hint: string,
    dtype: DType,
    numbers: readonly number[],
    dims?: readonly number[],
  ): string;
  /** What a value holds where that never changes. */
  constantNamed(name: string): NumericTensor | undefined;
  /** Type and shape of a value, as far as they are known. */
  known(name: string): Pick<Known, "dtype" | "shape"> | undefined;
  /** The type of a value; where that isn't known, the one that the model's floats have. */
  floatTypeOf(name: string): DType;
  /** Whether anything reads this value. */
  isRead(name: string): boolean;
}

/** The nodes that say in the next operator set what `node` said in the one before. */
export type Upgrade = (node: NodeDef, site: UpgradeSite) => readonly NodeDef[];

/** By "Operator@set": the operator set that brought the change. */
export type Upgrades = Readonly<Record<`${string}@${number}`, Upgrade>>;

export const refuse = (node: NodeDef, reason: string): PassError =>
  new PassError(`${showNode(node)} can't be brought up: ${reason}`);

export function newNode(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: NodeDef["attributes"] = {},
): NodeDef {
  return { op, domain: "", name: "", inputs, outputs, attributes };
}

export function without(node: NodeDef, ...names: readonly string[]): NodeDef {
  const kept = Object.entries(node.attributes).filter(([name]) => !names.includes(name));
  return { ...node, attributes: Object.fromEntries(kept) };
}

export const withAttribute = (node: NodeDef, name: string, value: Attribute): NodeDef => ({
  ...node,
  attributes: { ...node.attributes, [name]: value },
});

/** The node with `name` as its input number `index`; inputs between are left out. */
export function withInput(node: NodeDef, index: number, name: string): NodeDef {
  const inputs = Array.from({ length: Math.max(node.inputs.length, index + 1) }, (_, at) =>
    at === index ? name : (node.inputs[at] ?? ""),
  );
  return { ...node, inputs };
}

export function intOf(node: NodeDef, name: string, fallback: number): number {
  const attribute = node.attributes[name];
  return attribute?.kind === "int" ? Number(attribute.value) : fallback;
}

export function intsOf(node: NodeDef, name: string): readonly number[] | undefined {
  const attribute = node.attributes[name];
  return attribute?.kind === "ints" ? attribute.value.map(Number) : undefined;
}

export function floatOf(node: NodeDef, name: string): number | undefined {
  const attribute = node.attributes[name];
  return attribute?.kind === "float" ? attribute.value : undefined;
}

export function stringOf(node: NodeDef, name: string): string | undefined {
  const attribute = node.attributes[name];
  return attribute?.kind === "string" ? attribute.value : undefined;
}

export const intValue = (value: number): Attribute => ({ kind: "int", value });
export const stringValue = (value: string): Attribute => ({ kind: "string", value });

/** Moves a list of whole numbers from an attribute to an input. */
export const intsToInput =
  (attribute: string, index: number): Upgrade =>
  (node, site) => {
    const values = intsOf(node, attribute);
    const moved = without(node, attribute);
    // An empty list said the same as none.
    if (values === undefined || values.length === 0) return [moved];
    return [withInput(moved, index, site.constant(attribute, "int64", values))];
  };
