/** 93.1 %, of a share. */
export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** 840 ms, 12.3 s, 2 min 5 s. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const BARS = "▁▂▃▄▅▆▇█";

/** The course of some numbers, from the smallest bar to the greatest; at most `most` of them. */
export function sparkline(values: readonly number[], most = 16): string {
  const shown = values.slice(-most);
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  return shown
    .map((value) => {
      const height = high > low ? (value - low) / (high - low) : 0;
      return BARS[Math.round(height * (BARS.length - 1))];
    })
    .join("");
}
