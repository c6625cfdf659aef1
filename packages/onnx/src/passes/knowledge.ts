import { PassError, ShapeError, UndecidedShape } from "../errors.ts";
import { inferNode } from "../infer-node.ts";
import { knownInputs, knownTensor } from "../known.ts";
import type { Dim, GraphDef, Model, NodeDef, NumericTensor } from "../model.ts";
import type { Known } from "../operators/operator.ts";
import { constantNodeValue, fixedInitializers } from "./stored.ts";

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
  const values = new Map<string, Known>(knownInputs(graph));
  const constants = new Map<string, NumericTensor>();
  let unknownSizes = 0;

  const knowledge: Knowledge = {
    // One count for a graph and those inside of it: the same name would be the same size.
    unknown: outer?.unknown ?? ((): Dim => `?${unknownSizes++}`),
    known: (name) => values.get(name) ?? outer?.known(name),
    constantNamed: (name) => constants.get(name) ?? outer?.constantNamed(name),
    keep(constant) {
      constants.set(constant.name, constant);
      values.set(constant.name, knownTensor(constant));
    },
    learn(node) {
      const value = node.op === "Constant" ? constantNodeValue(node) : undefined;
      if (value !== undefined) knowledge.keep(value);
      else for (const output of learned(node, knowledge)) values.set(...output);
    },
  };
  for (const constant of fixedInitializers(graph).values()) knowledge.keep(constant);
  return knowledge;
}

function learned(node: NodeDef, knowledge: Knowledge): [string, Known][] {
  const { known, unknown } = knowledge;
  const subgraph = (body: GraphDef, inputs: readonly Known[]): readonly Known[] =>
    answersOf(body, inputs, knowledge);
  try {
    const outputs = inferNode(node, { known, unknown, subgraph });
    return node.outputs.flatMap((name, index): [string, Known][] => {
      const output = outputs[index];
      return name === "" || output === undefined ? [] : [[name, output]];
    });
  } catch (error) {
    // The shapes depend on the data, or contradict each other, as they may in a branch that is
    // never taken: nothing is known then, and the runtime has the last word.
    if (error instanceof ShapeError) return [];
    throw error;
  }
}

/** What a graph inside a node answers when it is given `inputs`. @throws UndecidedShape */
function answersOf(body: GraphDef, inputs: readonly Known[], around: Knowledge): readonly Known[] {
  const given = body.inputs.map((info, index) => {
    const input = inputs[index];
    return input === undefined ? info : { ...info, dtype: input.dtype, shape: input.shape };
  });
  const inside = createKnowledge({ ...body, inputs: given }, around);
  for (const node of body.nodes) inside.learn(node);
  return body.outputs.map(({ name }) => {
    const output = inside.known(name);
    if (output === undefined) throw new UndecidedShape(`Nothing is known of "${name}"`);
    return output;
  });
}
