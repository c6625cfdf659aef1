const names = (list: string): readonly string[] => list.trim().split(/\s+/);

type Range = readonly [least: number, most: number];

const LARGEST = 2 ** 31 - 1;

/**
 * What whole numbers the attributes of standard operators may hold, by name: an attribute has
 * the same meaning wherever it occurs. Kernels mostly check what a shape rule would notice, and
 * not always these; some crash on an axis or a flag far outside.
 */
const RANGES: ReadonlyMap<string, Range> = new Map([
  ...names(`
    align_corners allowzero antialias broadcast ceil_mode center_point_box count_include_pad
    detect_negative detect_positive exclude_outside exclusive fmod input_forget interleaved inverse
    is_causal is_test keepdims largest layout linear_before_reset noop_with_empty_axes onesided
    periodic reverse saturate select_last_index sorted spatial storage_order training_mode transA
    transB upper
  `).map((name): [string, Range] => [name, [0, 1]]),
  ...names(`
    blocksize dilations group hidden_size kernel_shape kv_num_heads num_groups num_outputs
    offset_group output_height output_width pooled_shape q_num_heads sample_size size strides
  `).map((name): [string, Range] => [name, [1, LARGEST]]),
  ...names("block_size num_heads output_padding output_shape sampling_ratio shape split").map(
    (name): [string, Range] => [name, [-1, LARGEST]],
  ),
  ...names("paddings pads").map((name): [string, Range] => [name, [-LARGEST, LARGEST]]),
  ["qk_matmul_output_mode", [0, 3]],
  // Numbers of element types.
  ...names("dtype output_datatype output_dtype precision softmax_precision stash_type to").map(
    (name): [string, Range] => [name, [0, 64]],
  ),
]);

const AXES: ReadonlySet<string> = new Set(names("axes axis batch_axis batch_dims perm time_axis"));

/** The range of a standard operator's attribute; undefined where any whole number makes sense. */
export const rangeOf = (name: string, rank: number): Range | undefined =>
  AXES.has(name) ? [-rank, rank] : RANGES.get(name);
