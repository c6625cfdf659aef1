/** @param share 0.99 for the 99th percentile @returns NaN of nothing */
export function quantile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}

export const median = (values: Iterable<number>): number => quantile(values, 0.5);

/** A whole number with its thousands apart. */
export const thousands = (value: number): string => Math.round(value).toLocaleString("en-US");
