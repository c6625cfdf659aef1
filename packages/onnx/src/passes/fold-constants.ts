import { isStatic } from "../dim.ts";
import { elementsFrom, elementSize } from "../dtype.ts";
import { isDType, isNumeric } from "../element-type.ts";
import type { Attribute, GraphDef, Model, ModelTensor, NodeDef, NumericTensor } from "../model.ts";
import { sizeOf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { inlineBranch } from "./branches.ts";
import { withoutCopies } from "./copies.ts";
import { removeDeadCode } from "./dead-code.ts";
import { evaluate } from "./evaluate.ts";
import { createKnowledge, requireDescribed } from "./knowledge.ts";
import type { Knowledge } from "./knowledge.ts";
import { freshNames, readsOf, subgraphsOf, withSubgraphs } from "./names.ts";
import { constantNodeValue, loaded, stored } from "./stored.ts";

export interface FoldOptions {
  /**
   * A result of more bytes stays a node, unless it is no larger than the constants that it
   * was made of. Default 1 MiB.
   */
  readonly maxBytes?: number;
}

/** Different each time, or no dense tensors; or a size on disk that somebody chose. */
const NEVER_FOLDED: ReadonlySet<string> = new Set([
  "Bernoulli",
  "ConcatFromSequence",
  "DequantizeLinear",
  "Dropout",
  "Multinomial",
  "Optional",
  "OptionalGetElement",
  "OptionalHasElement",
  "RandomNormal",
  "RandomNormalLike",
  "RandomUniform",
  "RandomUniformLike",
  "SequenceAt",
  "SequenceConstruct",
  "SequenceEmpty",
  "SequenceErase",
  "SequenceInsert",
  "SequenceLength",
  "SplitToSequence",
  "StringNormalizer",
]);

/**
 * Computes ahead whatever never changes, and leaves out what is dead then: Constant nodes
 * become initialisers; nodes that read constants only run once, here, in the runtime; sizes
 * that follow from the shapes of inputs are written down; of an If whose condition is known
 * the branch that is taken stays; copies (Identity) go. What is random stays too, and so does DequantizeLinear:
 * folding it would undo a quantisation.
 *
 * Blocks the thread.
 * @throws PassError for a model older than set 21: `upConvert` first
 * @throws SessionError where the runtime refuses what is to be computed
 */
export function foldConstants(model: Model, { maxBytes = 2 ** 20 }: FoldOptions = {}): Model {
  requireDescribed(model);
  const fresh = freshNames(model);
  const graph = foldGraph(withoutCopies(model.graph), { model, maxBytes, fresh });
  // Branches that were taken leave copies of their answers.
  return removeDeadCode({ ...model, graph: withoutCopies(graph) });
}

interface Folding {
  readonly model: Model;
  readonly maxBytes: number;
  readonly fresh: (hint: string) => string;
  readonly outer?: Knowledge;
}

function foldGraph(graph: GraphDef, folding: Folding): GraphDef {
  const knowledge = createKnowledge(graph, folding.outer);
  const initializers: ModelTensor[] = [...graph.initializers];
  const kept: NodeDef[] = [];
  const keep = (constant: ModelTensor): void => {
    initializers.push(constant);
    if (isNumeric(constant)) knowledge.keep(constant);
  };
  const ahead = createAhead(folding, knowledge, keep);

  const queue = graph.nodes.toReversed();
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    const branch = node.op === "If" && chosen(node, knowledge, ahead.compute);
    if (branch) {
      const inlined = inlineBranch(branch, node.outputs, folding.fresh);
      inlined.initializers.forEach(keep);
      queue.push(...inlined.nodes.toReversed());
      continue;
    }
    knowledge.learn(node);
    const known = constantsOf(node, knowledge);
    if (known !== undefined) known.forEach(keep);
    else if (!ahead.take(node)) {
      // What a branch or a body reads of it must be known before it is folded.
      if (subgraphsOf(node).length > 0) ahead.compute(readsOf(node));
      kept.push(withSubgraphs(node, (inner) => foldGraph(inner, { ...folding, outer: knowledge })));
    }
  }
  ahead.compute([...kept.flatMap(readsOf), ...graph.outputs.map(({ name }) => name)]);
  return { ...graph, nodes: kept, initializers };
}

/** Nodes that are computed here, once something that stays reads them. */
interface Ahead {
  /** Takes a node if it can be computed ahead. */
  take(node: NodeDef): boolean;
  /** Makes constants of those of these values that wait. */
  readonly compute: (names: readonly string[]) => void;
}

function createAhead(
  { model, maxBytes }: Folding,
  knowledge: Knowledge,
  keep: (constant: NumericTensor) => void,
): Ahead {
  const nodes: NodeDef[] = [];
  const waitingBytes = new Map<string, number>();
  const bytesOf = (name: string): number | undefined =>
    waitingBytes.get(name) ?? knowledge.constantNamed(name)?.bytes.length;
  return {
    take(node) {
      const bytes = foldableBytes(node, { knowledge, bytesOf, maxBytes });
      if (bytes === undefined) return false;
      nodes.push(node);
      node.outputs.forEach((name, index) => waitingBytes.set(name, bytes[index] ?? 0));
      return true;
    },
    compute(names) {
      const wanted = [...new Set(names)].filter((name) => waitingBytes.has(name));
      for (const name of wanted) waitingBytes.delete(name);
      evaluate(model, nodes, wanted, knowledge.constantNamed).forEach(keep);
    },
  };
}

/** The branch that an If takes, where its condition never changes. */
function chosen(
  node: NodeDef,
  knowledge: Knowledge,
  compute: (names: readonly string[]) => void,
): GraphDef | undefined {
  const [condition = ""] = node.inputs;
  compute([condition]);
  const constant = knowledge.constantNamed(condition);
  if (constant === undefined) return undefined;
  const branch: Attribute | undefined =
    node.attributes[loaded(constant).data[0] ? "then_branch" : "else_branch"];
  return branch?.kind === "graph" ? branch.value : undefined;
}

/** The outputs of a node where they follow from shapes alone; all of them, or undefined. */
function constantsOf(node: NodeDef, knowledge: Knowledge): NumericTensor[] | undefined {
  if (node.op === "Constant") {
    const value = constantNodeValue(node);
    return value && [value];
  }
  const constants = node.outputs.flatMap((name) => {
    const { dtype, shape, content } = knowledge.known(name) ?? {};
    if (dtype !== "int64" || !shape || !content || !isStatic(shape) || !isStatic(content)) {
      return [];
    }
    // The "to the end" of a Slice, 2^63 - 1, is beyond what a number tells exactly.
    if (!content.every(Number.isSafeInteger)) return [];
    const data = elementsFrom("int64", content);
    return [stored(name, { dtype, dims: shape, data } as Tensor)];
  });
  return constants.length > 0 && constants.length === node.outputs.length ? constants : undefined;
}

/** Bytes of each output of a node that can be computed here; undefined where it can't. */
function foldableBytes(
  node: NodeDef,
  at: {
    knowledge: Knowledge;
    bytesOf: (name: string) => number | undefined;
    maxBytes: number;
  },
): number[] | undefined {
  const read = node.inputs.filter((name) => name !== "");
  const isFixed = read.length > 0 && read.every((name) => at.bytesOf(name) !== undefined);
  if (!isFixed || NEVER_FOLDED.has(node.op) || subgraphsOf(node).length > 0) return undefined;
  const given = read.reduce((total, name) => total + (at.bytesOf(name) ?? 0), 0);
  const bytes = node.outputs.flatMap((name) => {
    const { dtype, shape } = at.knowledge.known(name) ?? {};
    if (!isDType(dtype) || !shape || !isStatic(shape)) return [];
    return [sizeOf(shape) * elementSize(dtype)];
  });
  const limit = Math.max(at.maxBytes, given);
  const small = bytes.length === node.outputs.length && bytes.every((size) => size <= limit);
  return small ? bytes : undefined;
}
