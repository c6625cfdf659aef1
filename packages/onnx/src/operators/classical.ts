import { product, type Shape } from "../dim.ts";
import { UndecidedShape } from "../errors.ts";
import type { Dim, ElementType } from "../model.ts";
import {
  defineOperator,
  float,
  floats,
  int,
  ints,
  several,
  string,
  strings,
  tensorAttribute,
  type ShapeRule,
} from "./operator.ts";
import { rowsOf } from "./rows.ts";

// Machine learning as scikit-learn has it: the domain ai.onnx.ml. ZipMap, CastMap and
// DictVectorizer deal in maps, which aren't tensors.

const domain = "ai.onnx.ml";

const same: ShapeRule = ([x]) => x;

const toFloat32 = (): ElementType => "float32";

export const ArrayFeatureExtractor = defineOperator({
  name: "ArrayFeatureExtractor",
  domain,
  shape: ([x, places]) => [...(x.length === 1 ? [1] : x.slice(0, -1)), product(places)],
});

export const Binarizer = defineOperator({
  name: "Binarizer",
  domain,
  attributes: { threshold: float(0) },
  shape: same,
});

/** Names to numbers, or numbers to names. */
export const CategoryMapper = defineOperator({
  name: "CategoryMapper",
  domain,
  attributes: {
    cats_int64s: ints(null),
    cats_strings: strings(null),
    default_int64: int(-1),
    default_string: string("_Unused"),
  },
  shape: same,
  dtype: ({ inputs: [x] }) => (x.dtype === "string" ? "int64" : "string"),
});

export const FeatureVectorizer = defineOperator({
  name: "FeatureVectorizer",
  domain,
  attributes: { inputdimensions: ints(null) },
  shape: ([x], { attributes: { inputdimensions }, unknown }) => [
    rowsOf(x),
    inputdimensions?.reduce((sum, size) => sum + size, 0) ?? unknown(),
  ],
  dtype: toFloat32,
});

export const Imputer = defineOperator({
  name: "Imputer",
  domain,
  attributes: {
    imputed_value_floats: floats(null),
    imputed_value_int64s: ints(null),
    replaced_value_float: float(0),
    replaced_value_int64: int(0),
  },
  shape: same,
});

export const LabelEncoder = defineOperator({
  name: "LabelEncoder",
  domain,
  attributes: {
    default_float: float(0),
    default_int64: int(-1),
    default_string: string("_Unused"),
    default_tensor: tensorAttribute(null),
    keys_floats: floats(null),
    keys_int64s: ints(null),
    keys_strings: strings(null),
    keys_tensor: tensorAttribute(null),
    values_floats: floats(null),
    values_int64s: ints(null),
    values_strings: strings(null),
    values_tensor: tensorAttribute(null),
  },
  shape: same,
  dtype: ({ attributes: { values_floats, values_int64s, values_strings, values_tensor } }) => {
    if (values_tensor !== null) return values_tensor.dtype;
    if (values_strings !== null) return "string";
    if (values_int64s !== null) return "int64";
    if (values_floats !== null) return "float32";
    throw new UndecidedShape("It says no values");
  },
});

interface Labels {
  readonly classlabels_ints?: readonly number[] | null;
  readonly classlabels_int64s?: readonly number[] | null;
  readonly classlabels_strings: readonly string[] | null;
}

/** The label of each row, and a score for each class. */
function classified(x: Shape, labels: Labels, unknown: () => Dim) {
  const numbers = labels.classlabels_ints ?? labels.classlabels_int64s ?? null;
  const count = labels.classlabels_strings?.length || numbers?.length || unknown();
  const type: ElementType = labels.classlabels_strings?.length ? "string" : "int64";
  return several([
    { shape: [rowsOf(x)], dtype: type },
    { shape: [rowsOf(x), count], dtype: "float32" },
  ]);
}

export const LinearClassifier = defineOperator({
  name: "LinearClassifier",
  domain,
  attributes: {
    classlabels_ints: ints(null),
    classlabels_strings: strings(null),
    coefficients: floats(),
    intercepts: floats(null),
    multi_class: int(0),
    post_transform: string("NONE"),
  },
  shape: ([x], { attributes, unknown }) => classified(x, attributes, unknown),
});

export const LinearRegressor = defineOperator({
  name: "LinearRegressor",
  domain,
  attributes: {
    coefficients: floats(null),
    intercepts: floats(null),
    post_transform: string("NONE"),
    targets: int(1),
  },
  shape: ([x], { attributes }) => [rowsOf(x), attributes.targets],
  dtype: toFloat32,
});

export const Normalizer = defineOperator({
  name: "Normalizer",
  domain,
  attributes: { norm: string("MAX") },
  shape: same,
  dtype: toFloat32,
});

/** A column for each category. */
export const OneHotEncoder = defineOperator({
  name: "OneHotEncoder",
  domain,
  attributes: { cats_int64s: ints(null), cats_strings: strings(null), zeros: int(1) },
  shape: ([x], { attributes: { cats_int64s, cats_strings } }) => [
    ...x,
    cats_int64s?.length ?? cats_strings?.length ?? 0,
  ],
  dtype: toFloat32,
});

export const Scaler = defineOperator({
  name: "Scaler",
  domain,
  attributes: { offset: floats(null), scale: floats(null) },
  shape: same,
  dtype: toFloat32,
});

const VECTORS = {
  coefficients: floats(null),
  kernel_params: floats(null),
  kernel_type: string("LINEAR"),
  post_transform: string("NONE"),
  rho: floats(null),
  support_vectors: floats(null),
};

export const SVMClassifier = defineOperator({
  name: "SVMClassifier",
  domain,
  attributes: {
    ...VECTORS,
    classlabels_ints: ints(null),
    classlabels_strings: strings(null),
    prob_a: floats(null),
    prob_b: floats(null),
    vectors_per_class: ints(null),
  },
  shape: ([x], { attributes, unknown }) => classified(x, attributes, unknown),
});

export const SVMRegressor = defineOperator({
  name: "SVMRegressor",
  domain,
  attributes: { ...VECTORS, n_supports: int(0), one_class: int(0) },
  shape: ([x]) => [rowsOf(x), 1],
  dtype: toFloat32,
});
