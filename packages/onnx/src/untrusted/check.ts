import { decodeModel } from "../decode.ts";
import { encodeModel } from "../encode.ts";
import { OnnxFormatError } from "../errors.ts";
import type { Model } from "../model.ts";
import { bareModel } from "./bare.ts";
import { takeCensus } from "./census.ts";
import { checkGraph } from "./check-graph.ts";
import { canonicalDomain } from "./check-operator.ts";
import { checkInput, checkOutput } from "./check-tensor.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import type { UntrustedPolicy } from "./policy.ts";
import { ModelRefused, oneLine, quoted } from "./refusal.ts";

export interface CheckedModel {
  /** Only what was checked: no documentation, no metadata, no types of inner values. */
  readonly model: Model;
  /**
   * `model`, written anew. Run these bytes, not the file, which another reader may understand
   * in another way: a field given twice, an unknown one.
   */
  readonly bytes: Uint8Array;
}

/**
 * Holds a model from a stranger against a policy. It runs nothing, loads nothing native, and
 * needs memory in proportion to the policy's bounds, not to what the file claims.
 * @throws ModelRefused, and nothing else, naming the reason and, where there is one, the node
 */
export function checkUntrusted(
  bytes: Uint8Array,
  policy: UntrustedPolicy = DEFAULT_POLICY,
): CheckedModel {
  if (bytes.length > policy.fileBytes) {
    const why = `The file has ${bytes.length} bytes, ${policy.fileBytes} are allowed`;
    throw new ModelRefused("file-size", why);
  }
  const model = read(bytes, policy);
  checkOperatorSets(model, policy);
  checkGraph(model.graph, policy);
  if (model.graph.outputs.length === 0) {
    throw new ModelRefused("arity", "The model has no outputs");
  }
  for (const input of model.graph.inputs) checkInput(input, policy);
  for (const output of model.graph.outputs) checkOutput(output, policy);
  return { model, bytes: encodeModel(model) };
}

function read(bytes: Uint8Array, policy: UntrustedPolicy): Model {
  try {
    takeCensus(bytes, policy);
    return bareModel(decodeModel(bytes));
  } catch (error) {
    if (!(error instanceof OnnxFormatError)) throw error;
    throw new ModelRefused("format", oneLine(error.message, MESSAGE_LENGTH), { cause: error });
  }
}

/** The reader's messages may hold names out of the file. */
const MESSAGE_LENGTH = 300;

function checkOperatorSets({ operatorSets }: Model, policy: UntrustedPolicy): void {
  const { from, to } = policy.operatorSet;
  const seen = new Set<string>();
  for (const { domain: written, version } of operatorSets) {
    const domain = canonicalDomain(written);
    if (domain.length > policy.textLength) {
      throw new ModelRefused("name", `A domain has a name of ${domain.length} characters`);
    }
    if (seen.has(domain)) {
      throw new ModelRefused("operator-set", `The domain ${quoted(domain)} is named twice`);
    }
    seen.add(domain);
    if (domain === "" && (version < from || version > to)) {
      const why = `Operator set ${version} is not between ${from} and ${to}`;
      throw new ModelRefused("operator-set", why);
    }
  }
  if (!seen.has("")) {
    throw new ModelRefused("operator-set", "The model doesn't name the standard operator set");
  }
}
