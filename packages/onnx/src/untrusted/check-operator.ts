import type { Attribute, NodeDef } from "../model.ts";
import { CONTROL_FLOW } from "./allowed-operators.ts";
import { rangeOf } from "./attribute-range.ts";
import type { UntrustedPolicy } from "./policy.ts";
import { ModelRefused, quoted } from "./refusal.ts";

/** The standard operators go by two names. */
export const canonicalDomain = (domain: string): string => (domain === "ai.onnx" ? "" : domain);

/**
 * The operator of a node is allowed, and its attributes are such that no kernel is known to
 * trip over them.
 * @throws ModelRefused
 */
export function checkOperator(
  { op, domain: written, name, outputs, attributes }: NodeDef,
  node: string,
  policy: UntrustedPolicy,
): void {
  const domain = canonicalDomain(written);
  if (name.length > policy.textLength) {
    throw new ModelRefused("name", `Its name has ${name.length} characters`, { node });
  }
  const allowed = policy.operators.get(domain);
  if (allowed === undefined) {
    throw new ModelRefused("domain", `Operators of ${quoted(domain)} are not allowed`, { node });
  }
  if (domain === "" && CONTROL_FLOW.has(op)) {
    if (policy.controlFlow) return;
    throw new ModelRefused("control-flow", `${op} is not allowed`, { node });
  }
  if (!allowed.has(op)) {
    throw new ModelRefused("operator", `${quoted(op)} is not allowed`, { node });
  }
  if (domain !== "") return;
  for (const [key, attribute] of Object.entries(attributes)) {
    checkRange(key, attribute, node, policy);
  }
  const parts = attributes["num_outputs"]?.value ?? outputs.length;
  if (op === "Split" && parts !== outputs.length) {
    const why = `It names ${outputs.length} parts, and says that there are others`;
    throw new ModelRefused("attribute", why, { node });
  }
}

function checkRange(
  name: string,
  { kind, value }: Attribute,
  node: string,
  { rank }: UntrustedPolicy,
): void {
  const range = rangeOf(name, rank);
  if (range === undefined) return;
  const numbers = kind === "int" ? [value] : kind === "ints" ? value : [];
  const [least, most] = range;
  const outside = numbers.find((number) => number < least || number > most);
  if (outside === undefined) return;
  const why = `The attribute ${quoted(name)} is ${outside}, not between ${least} and ${most}`;
  throw new ModelRefused("attribute", why, { node });
}
