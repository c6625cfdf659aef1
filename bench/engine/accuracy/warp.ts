import { randomStream } from "@groundswell/autograd";

/** How far pictures are turned (radians), scaled, sheared and shifted (parts of a side) at most. */
export interface Warping {
  readonly turn: number;
  readonly scale: number;
  readonly shear: number;
  readonly shift: number;
}

/** Writes pictures a little turned, scaled, sheared and shifted, as the seed says. */
export function createWarp(side: number, { turn, scale, shear, shift }: Warping, seed: number) {
  const stream = randomStream(seed);
  const middle = (side - 1) / 2;

  /** Picture `index` of round `round`, into `target` from `at` on. */
  return function warp(
    pixels: Float32Array,
    { index, round }: { readonly index: number; readonly round: number },
    target: Float32Array,
    at: number,
  ): void {
    const draw = (k: number, most: number): number =>
      (2 * stream.uniform(k, index, round) - 1) * most;
    const angle = draw(0, turn);
    const size = 1 + draw(1, scale);
    const slant = draw(2, shear);
    const [dx, dy] = [draw(3, shift * side), draw(4, shift * side)];
    const [cos, sin] = [Math.cos(angle) / size, Math.sin(angle) / size];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const [u, v] = [x - middle - dx, y - middle - dy];
        const fromX = cos * u + (sin + slant) * v + middle;
        const fromY = cos * v - sin * u + middle;
        target[at + y * side + x] = between(pixels, side, fromX, fromY);
      }
    }
  };
}

/** Brightness between pixels, weighted by nearness; dark outside. */
function between(pixels: Float32Array, side: number, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - left, y - top];
  const pixel = (px: number, py: number): number =>
    px < 0 || py < 0 || px >= side || py >= side ? 0 : (pixels[py * side + px] ?? 0);
  const upper = pixel(left, top) * (1 - right) + pixel(left + 1, top) * right;
  const lower = pixel(left, top + 1) * (1 - right) + pixel(left + 1, top + 1) * right;
  return upper * (1 - down) + lower * down;
}
