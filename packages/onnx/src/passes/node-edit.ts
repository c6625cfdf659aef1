import type { Attribute, Int64, NodeDef } from "../model.ts";

// Nodes are plain data; these make changed copies of them.

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

/** As they are: an end of 2^63 - 1, which means "to the end", is no number. */
export function intsOf(node: NodeDef, name: string): readonly Int64[] | undefined {
  const attribute = node.attributes[name];
  return attribute?.kind === "ints" ? attribute.value : undefined;
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
