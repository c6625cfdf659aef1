import { axisOf, dimAt, product, quotient } from "../dim.ts";
import { ShapeError } from "../errors.ts";
import { lengthOf, unknownSizes } from "./axes.ts";
import { defineOperator, float, int, ints, string } from "./operator.ts";

/** Where each place of an image of `size` [N, C, …sizes] lies in the one that theta maps from. */
export const AffineGrid = defineOperator({
  name: "AffineGrid",
  attributes: { align_corners: int(0) },
  shape: ([theta], { inputs: [, size], unknown }) => {
    const axes = lengthOf(size) - 2;
    const sizes = size.content?.slice(2) ?? unknownSizes(axes, unknown);
    return [dimAt(theta, 0), ...sizes, axes];
  },
});

/** x [N, C, …] read at the places of a grid [N, …sizes, axes]. */
export const GridSample = defineOperator({
  name: "GridSample",
  attributes: {
    align_corners: int(0),
    mode: string("linear"),
    padding_mode: string("zeros"),
  },
  shape: ([x, grid]) => {
    if (grid.length !== x.length) throw new ShapeError("The grid has other axes than the image");
    return [dimAt(x, 0), dimAt(x, 1), ...grid.slice(1, -1)];
  },
});

/** Blocks [N, C · entries of a block, blocks] laid back into images [N, C, …sizes]. */
export const Col2Im = defineOperator({
  name: "Col2Im",
  attributes: { dilations: ints(null), pads: ints(null), strides: ints(null) },
  shape: ([x], { inputs: [, image, block], unknown }) => {
    const sizes = image.content ?? unknownSizes(lengthOf(image), unknown);
    const entries = block.content && product(block.content);
    const channels = entries === null ? undefined : quotient(dimAt(x, 1), entries);
    return [dimAt(x, 0), channels ?? unknown(), ...sizes];
  },
});

/** Cut or padded around the middle. */
export const CenterCropPad = defineOperator({
  name: "CenterCropPad",
  attributes: { axes: ints(null) },
  shape: ([x], { inputs: [, sizes], attributes, unknown }) => {
    const axes = attributes.axes?.map((axis) => axisOf(axis, x.length)) ?? [...x.keys()];
    return axes.reduce((shape, axis, i) => shape.with(axis, sizes.content?.[i] ?? unknown()), x);
  },
});

/** x [N, C, H, W] pooled in regions [regions, 4], each of the image that `batch_indices` says. */
export const RoiAlign = defineOperator({
  name: "RoiAlign",
  attributes: {
    coordinate_transformation_mode: string("half_pixel"),
    mode: string("avg"),
    output_height: int(1),
    output_width: int(1),
    sampling_ratio: int(0),
    spatial_scale: float(1),
  },
  shape: ([x, regions], { attributes: { output_height, output_width } }) => [
    dimAt(regions, 0),
    dimAt(x, 1),
    output_height,
    output_width,
  ],
});

/** x [N, C, H, W] pooled in regions [regions, 5], of which the first number says the image. */
export const MaxRoiPool = defineOperator({
  name: "MaxRoiPool",
  attributes: { pooled_shape: ints(), spatial_scale: float(1) },
  shape: ([x, regions], { attributes }) => [
    dimAt(regions, 0),
    dimAt(x, 1),
    ...attributes.pooled_shape,
  ],
});

/** Boxes that are left, each as image, class and number of the box. */
export const NonMaxSuppression = defineOperator({
  name: "NonMaxSuppression",
  attributes: { center_point_box: int(0) },
  shape: (_, { unknown }) => [unknown(), 3],
  dtype: () => "int64",
});

/** Pixels [height, width, channels] of an encoded image. */
export const ImageDecoder = defineOperator({
  name: "ImageDecoder",
  attributes: { pixel_format: string("RGB") },
  shape: (_, { attributes: { pixel_format }, unknown }) => [
    unknown(),
    unknown(),
    pixel_format === "Grayscale" ? 1 : 3,
  ],
  dtype: () => "uint8",
});
