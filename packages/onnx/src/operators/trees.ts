import {
  defineOperator,
  floats,
  int,
  ints,
  several,
  string,
  strings,
  tensorAttribute,
} from "./operator.ts";
import { rowsOf } from "./rows.ts";

const domain = "ai.onnx.ml";

/** Attributes of both older forms, each value once as a list of floats and once as a tensor. */
const NODES = {
  aggregate_function: string("SUM"),
  base_values: floats(null),
  base_values_as_tensor: tensorAttribute(null),
  nodes_falsenodeids: ints(null),
  nodes_featureids: ints(null),
  nodes_hitrates: floats(null),
  nodes_hitrates_as_tensor: tensorAttribute(null),
  nodes_missing_value_tracks_true: ints(null),
  nodes_modes: strings(null),
  nodes_nodeids: ints(null),
  nodes_treeids: ints(null),
  nodes_truenodeids: ints(null),
  nodes_values: floats(null),
  nodes_values_as_tensor: tensorAttribute(null),
  post_transform: string("NONE"),
};

/** The older form for classes, which most converters still write. */
export const TreeEnsembleClassifier = defineOperator({
  name: "TreeEnsembleClassifier",
  domain,
  attributes: {
    ...NODES,
    class_ids: ints(null),
    class_nodeids: ints(null),
    class_treeids: ints(null),
    class_weights: floats(null),
    class_weights_as_tensor: tensorAttribute(null),
    classlabels_int64s: ints(null),
    classlabels_strings: strings(null),
  },
  shape: ([x], { attributes: { classlabels_int64s, classlabels_strings }, unknown }) => {
    const count = classlabels_strings?.length ?? classlabels_int64s?.length ?? unknown();
    return several([
      { shape: [rowsOf(x)], dtype: classlabels_strings === null ? "int64" : "string" },
      { shape: [rowsOf(x), count], dtype: "float32" },
    ]);
  },
});

/** The older form for numbers. */
export const TreeEnsembleRegressor = defineOperator({
  name: "TreeEnsembleRegressor",
  domain,
  attributes: {
    ...NODES,
    n_targets: int(null),
    target_ids: ints(null),
    target_nodeids: ints(null),
    target_treeids: ints(null),
    target_weights: floats(null),
    target_weights_as_tensor: tensorAttribute(null),
  },
  shape: ([x], { attributes, unknown }) => [rowsOf(x), attributes.n_targets ?? unknown()],
  dtype: () => "float32",
});

/** Since version 5 of the domain: one operator for both. */
export const TreeEnsemble = defineOperator({
  name: "TreeEnsemble",
  domain,
  attributes: {
    aggregate_function: int(1),
    leaf_targetids: ints(),
    leaf_weights: tensorAttribute(),
    membership_values: tensorAttribute(null),
    n_targets: int(null),
    nodes_falseleafs: ints(),
    nodes_falsenodeids: ints(),
    nodes_featureids: ints(),
    nodes_hitrates: tensorAttribute(null),
    nodes_missing_value_tracks_true: ints(null),
    nodes_modes: tensorAttribute(),
    nodes_splits: tensorAttribute(),
    nodes_trueleafs: ints(),
    nodes_truenodeids: ints(),
    post_transform: int(0),
    tree_roots: ints(),
  },
  shape: ([x], { attributes, unknown }) => [rowsOf(x), attributes.n_targets ?? unknown()],
});
