import { ShapeError } from "../errors.ts";
import { defineOperator, floats, int, ints, several, string, strings } from "./operator.ts";

/** Leaves stop words out of a vector [C] or of a row [1, C]; where none is left, an empty one stays. */
export const StringNormalizer = defineOperator({
  name: "StringNormalizer",
  attributes: {
    case_change_action: string("NONE"),
    is_case_sensitive: int(0),
    locale: string(null),
    stopwords: strings(null),
  },
  shape: ([x], { attributes: { stopwords }, unknown }) => {
    if (x.length === 0 || x.length > 2) throw new ShapeError("Needs a vector, or one row");
    const kept = stopwords === null || stopwords.length === 0 ? (x.at(-1) ?? 0) : unknown();
    return x.with(-1, kept);
  },
});

/** Parts of each text, padded to the longest list, and how many parts each has. */
export const StringSplit = defineOperator({
  name: "StringSplit",
  attributes: { delimiter: string(null), maxsplit: int(null) },
  shape: ([x], { unknown }) =>
    several([
      { shape: [...x, unknown()], dtype: "string" },
      { shape: x, dtype: "int64" },
    ]),
});

/** Counts of n-grams, or weights of them, at the places that `ngram_indexes` says. */
export const TfIdfVectorizer = defineOperator({
  name: "TfIdfVectorizer",
  attributes: {
    max_gram_length: int(),
    max_skip_count: int(),
    min_gram_length: int(),
    mode: string(),
    ngram_counts: ints(),
    ngram_indexes: ints(),
    pool_int64s: ints(null),
    pool_strings: strings(null),
    weights: floats(null),
  },
  shape: ([x], { attributes: { ngram_indexes } }) => {
    const columns = ngram_indexes.reduce((most, index) => Math.max(most, index + 1), 0);
    return [...x.slice(0, -1), columns];
  },
  dtype: () => "float32",
});
