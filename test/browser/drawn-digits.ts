export const SIDE = 28;

/** Strokes of a digit, on a grid of 2 × 4 cells. */
const STROKES: Record<string, readonly (readonly [number, number, number, number])[]> = {
  "0": [
    [0, 0, 2, 0],
    [2, 0, 2, 4],
    [2, 4, 0, 4],
    [0, 4, 0, 0],
  ],
  "1": [[1, 0, 1, 4]],
  "2": [
    [0, 0, 2, 0],
    [2, 0, 2, 2],
    [2, 2, 0, 2],
    [0, 2, 0, 4],
    [0, 4, 2, 4],
  ],
  "3": [
    [0, 0, 2, 0],
    [2, 0, 2, 4],
    [2, 4, 0, 4],
    [0, 2, 2, 2],
  ],
  "4": [
    [0, 0, 0, 2],
    [0, 2, 2, 2],
    [2, 0, 2, 4],
  ],
  "5": [
    [2, 0, 0, 0],
    [0, 0, 0, 2],
    [0, 2, 2, 2],
    [2, 2, 2, 4],
    [2, 4, 0, 4],
  ],
  "6": [
    [2, 0, 0, 0],
    [0, 0, 0, 4],
    [0, 4, 2, 4],
    [2, 4, 2, 2],
    [2, 2, 0, 2],
  ],
  "7": [
    [0, 0, 2, 0],
    [2, 0, 1, 4],
  ],
  "8": [
    [0, 0, 2, 0],
    [2, 0, 2, 4],
    [2, 4, 0, 4],
    [0, 4, 0, 0],
    [0, 2, 2, 2],
  ],
  "9": [
    [2, 2, 0, 2],
    [0, 2, 0, 0],
    [0, 0, 2, 0],
    [2, 0, 2, 4],
    [2, 4, 0, 4],
  ],
};

/** A digit in soft strokes, bright on black: `SIDE × SIDE` grey pixels. Variants lean differently. */
export function drawDigit(digit: string, variant: number): Uint8Array {
  const lean = ((variant % 7) - 3) * 0.6;
  const strokes = (STROKES[digit] ?? []).map(
    ([x1, y1, x2, y2]) =>
      [
        8 + x1 * 5 + lean * (2 - y1),
        5 + y1 * 4.4,
        8 + x2 * 5 + lean * (2 - y2),
        5 + y2 * 4.4,
      ] as const,
  );
  return Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
    const x = i % SIDE;
    const y = Math.floor(i / SIDE);
    const near = Math.min(...strokes.map((stroke) => distance(x, y, stroke)));
    return Math.round(255 * Math.min(1, Math.max(0, 1.9 - near * 0.85)));
  });
}

function distance(
  x: number,
  y: number,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(x - x1 - t * dx, y - y1 - t * dy);
}
