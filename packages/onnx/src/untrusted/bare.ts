import type {
  Attribute,
  GraphDef,
  Model,
  ModelTensor,
  NodeDef,
  OperatorSet,
  ValueInfo,
} from "../model.ts";
import { mayDoWithout } from "./allowed-operators.ts";

// Field by field, and not with a spread: whatever else a model may come to hold, nothing is in
// the result that isn't named here.

/** The model with only that in it which the check looks at. */
export const bareModel = ({ irVersion, operatorSets, graph }: Model): Model => ({
  irVersion,
  producer: "",
  operatorSets: operatorSets.map(bareSet),
  graph: bareGraph(graph),
});

const bareSet = ({ domain, version }: OperatorSet): OperatorSet => ({ domain, version });

const bareGraph = ({ name, nodes, initializers, inputs, outputs }: GraphDef): GraphDef => ({
  name,
  nodes: nodes.map(bareNode),
  initializers: initializers.map(bareTensor),
  inputs: inputs.map(bareValue),
  outputs: outputs.map(bareValue),
});

const bareNode = ({ op, domain, name, inputs, outputs, attributes }: NodeDef): NodeDef => ({
  op,
  domain,
  name,
  inputs: withoutEmptyEnd(op, inputs),
  outputs,
  attributes: Object.fromEntries(
    Object.entries(attributes).map(([key, attribute]) => [key, bareAttribute(attribute)]),
  ),
});

/**
 * Names at the end that are empty say nothing where they may be left out, and some kernels trip
 * over them.
 */
const withoutEmptyEnd = (op: string, names: readonly string[]): readonly string[] =>
  names.slice(0, names.findLastIndex((name, index) => name !== "" || !mayDoWithout(op, index)) + 1);

function bareAttribute(attribute: Attribute): Attribute {
  const { kind, value } = attribute;
  if (kind === "tensor") return { kind, value: bareTensor(value) };
  if (kind === "tensors") return { kind, value: value.map(bareTensor) };
  if (kind === "graph") return { kind, value: bareGraph(value) };
  if (kind === "graphs") return { kind, value: value.map(bareGraph) };
  return { kind, value } as Attribute;
}

function bareTensor(tensor: ModelTensor): ModelTensor {
  const { name, dtype, dims } = tensor;
  return (
    "strings" in tensor
      ? { name, dtype, dims, strings: tensor.strings }
      : { name, dtype, dims, bytes: tensor.bytes }
  ) as ModelTensor;
}

const bareValue = ({ name, dtype, shape }: ValueInfo): ValueInfo => ({ name, dtype, shape });
