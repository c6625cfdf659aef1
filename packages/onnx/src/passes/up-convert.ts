import type { DType } from "../dtype.ts";
import { isFloat } from "../dtype.ts";
import { isDType } from "../element-type.ts";
import { PassError } from "../errors.ts";
import type { GraphDef, Model, NodeDef, NumericTensor } from "../model.ts";
import { inlineFunctions } from "./inline-functions.ts";
import { createKnowledge, DESCRIBED_SET, isStandard } from "./knowledge.ts";
import type { Knowledge } from "./knowledge.ts";
import { allNodes, freshNames, readCounts, showNode, subgraphsOf, withSubgraphs } from "./names.ts";
import { without } from "./node-edit.ts";
import { constantOf } from "./stored.ts";
import { axes } from "./up-convert/axes.ts";
import { bounds } from "./up-convert/bounds.ts";
import { broadcasts } from "./up-convert/broadcast.ts";
import { normalizations } from "./up-convert/normalization.ts";
import { resizes } from "./up-convert/resize.ts";
import { softmaxes } from "./up-convert/softmax.ts";
import type { Upgrades, UpgradeSite } from "./up-convert/upgrade.ts";

const UPGRADES: Upgrades = {
  ...axes,
  ...bounds,
  ...broadcasts,
  ...normalizations,
  ...resizes,
  ...softmaxes,
};

const NEWEST = 23;

/** The runtime has these on the CPU up to set 21 only, in the same form as later. */
const STAY_AT_21: ReadonlySet<string> = new Set(["Bernoulli", "RoiAlign"]);

/** The IR version that came with the newest operator set here. */
const IR_VERSION = 11;

/**
 * Says the same model in a newer set of the standard operators, so that whoever reads it
 * meets each operator in one form only. A model of that set or a newer one stays as it is;
 * other domains do too. Functions of the model's own take the place of their calls.
 *
 * @param to default 23; 21 where the model has an operator that the runtime has no later
 *   kernel for
 *
 * Source: the operators' change log in the ONNX specification (Changelog.md).
 * @throws PassError for a node whose old form has no equal in the new set, or where the
 *   shapes that the new form needs aren't known, for a function of another set than the model's,
 *   and for a model with training information
 */
export function upConvert(model: Model, to?: number): Model {
  const version = model.operatorSets.find(isStandard)?.version;
  if (version === undefined || version >= (to ?? newestFor(model.graph))) return model;
  // Its graphs set initialisers of the main one, and would be left behind.
  if (model.training !== undefined) throw new PassError("Training information isn't brought up");
  return upConvertOutside(inlineFunctions(model), to);
}

/**
 * As `upConvert`, but functions stay as they are, of their own operator sets. A runtime takes
 * such a model amiss: this is for those who read each function by its own sets.
 */
export function upConvertOutside(model: Model, to: number = newestFor(model.graph)): Model {
  const from = model.operatorSets.find(isStandard)?.version;
  if (from === undefined || from >= to) return model;
  const fresh = freshNames(model);
  const floatType = floatTypeOf(model.graph);
  const graph = upgradeGraph(withoutDefaults(model), { from, to, fresh, floatType });
  return {
    ...model,
    irVersion: Math.max(model.irVersion, IR_VERSION),
    operatorSets: model.operatorSets.map((set) =>
      isStandard(set) ? { ...set, version: to } : set,
    ),
    graph,
  };
}

const newestFor = (graph: GraphDef): number =>
  allNodes(graph).some(({ op }) => STAY_AT_21.has(op)) ? 21 : NEWEST;

/** Before IR version 4 each initialiser had to be an input as well, and was no less constant. */
function withoutDefaults({ irVersion, graph }: Model): GraphDef {
  if (irVersion >= 4) return graph;
  const initialised = new Set(graph.initializers.map(({ name }) => name));
  return { ...graph, inputs: graph.inputs.filter(({ name }) => !initialised.has(name)) };
}

/** The type that most weights have, for constants where a value's own isn't known. */
function floatTypeOf({ initializers, inputs }: GraphDef): DType {
  const types = [...initializers, ...inputs].map(({ dtype }) => dtype);
  return types.filter(isDType).find(isFloat) ?? "float32";
}

interface Passage {
  readonly from: number;
  readonly to: number;
  readonly fresh: (hint: string) => string;
  readonly floatType: DType;
  /** What is known around a subgraph. */
  readonly outer?: Knowledge;
}

function upgradeGraph(graph: GraphDef, passage: Passage): GraphDef {
  const added: NumericTensor[] = [];
  const knowledge = createKnowledge(graph, passage.outer);
  const site = siteOf(graph, { added, knowledge, passage });
  const nodes = graph.nodes.flatMap((node) => {
    const inner = { ...passage, outer: knowledge };
    const upgraded = upgradeNode(
      withSubgraphs(node, (subgraph) => upgradeGraph(subgraph, inner)),
      site,
      passage,
    );
    if (passage.to >= DESCRIBED_SET) for (const each of upgraded) knowledge.learn(each);
    return upgraded;
  });
  const used = readCounts({ ...graph, nodes });
  const constants = added.filter(({ name }) => used.has(name));
  return { ...graph, nodes, initializers: [...graph.initializers, ...constants] };
}

function upgradeNode(node: NodeDef, site: UpgradeSite, { from, to }: Passage): NodeDef[] {
  if (!isStandard(node)) return [node];
  if (node.op === "Scan" && from < 9 && to >= 9 && subgraphsOf(node).length > 0) {
    throw new PassError(`${showNode(node)} can't be brought up: it scans each row of a batch`);
  }
  let nodes: readonly NodeDef[] = [from < 6 ? without(node, "consumed_inputs") : node];
  for (let version = from + 1; version <= to; version++) {
    nodes = nodes.flatMap((each) => UPGRADES[`${each.op}@${version}`]?.(each, site) ?? [each]);
  }
  return [...nodes];
}

function siteOf(
  graph: GraphDef,
  at: { added: NumericTensor[]; knowledge: Knowledge; passage: Passage },
): UpgradeSite {
  const { added, knowledge, passage } = at;
  const reads = readCounts(graph);
  return {
    fresh: passage.fresh,
    constant(hint, dtype, numbers, dims) {
      const constant = constantOf(passage.fresh(hint), dtype, numbers, dims);
      added.push(constant);
      knowledge.keep(constant);
      return constant.name;
    },
    constantNamed: knowledge.constantNamed,
    known: knowledge.known,
    floatTypeOf(name) {
      const dtype = knowledge.known(name)?.dtype;
      return isDType(dtype) ? dtype : passage.floatType;
    },
    isRead: (name) => reads.has(name),
  };
}
