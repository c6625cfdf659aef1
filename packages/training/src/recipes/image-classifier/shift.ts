/** Moves a picture by whole pixels; what comes in at the edge is black. */
export function shiftPicture(
  picture: Uint8Array,
  { width, height }: { width: number; height: number },
  right: number,
  down: number,
): Uint8Array {
  const moved = new Uint8Array(picture.length);
  const columns = width - Math.abs(right);
  if (columns <= 0) return moved;
  const fromColumn = Math.max(0, -right);
  const toColumn = Math.max(0, right);
  for (let row = Math.max(0, -down); row < Math.min(height, height - down); row++) {
    const from = row * width + fromColumn;
    moved.set(picture.subarray(from, from + columns), (row + down) * width + toColumn);
  }
  return moved;
}
