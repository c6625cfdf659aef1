import { tensor, type Tensor } from "@groundswell/onnx";

/** What an example should have been: the place of its class, and how much it counts. */
export interface Target {
  place: number;
  weight: number;
}

/**
 * Soft targets `[examples, classes]`: in each row the example's share of the batch's weight, so
 * that the summed cross-entropy is the weighted mean. The buffer is used again by the next call.
 */
export function createTargets(classes: number): (targets: readonly Target[]) => Tensor<"float32"> {
  let buffer = new Float32Array(0);
  return (targets) => {
    const size = targets.length * classes;
    if (buffer.length < size) buffer = new Float32Array(size);
    else buffer.fill(0, 0, size);
    const total = targets.reduce((sum, { weight }) => sum + weight, 0);
    for (const [i, { place, weight }] of targets.entries())
      buffer[i * classes + place] = total === 0 ? 0 : weight / total;
    return tensor("float32", [targets.length, classes], buffer.subarray(0, size));
  };
}

/** @throws RangeError for a class that the model doesn't have */
export function placeOf(classes: readonly string[]): (target: string) => number {
  const places = new Map(classes.map((name, place) => [name, place]));
  return (target) => {
    const place = places.get(target);
    if (place === undefined) throw new RangeError(`"${target}" is no class of the model`);
    return place;
  };
}
