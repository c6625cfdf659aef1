/** Grey bytes as RGBA, opaque. @throws RangeError where there are not `width × height` of them */
export function greyToRgba(grey: Uint8Array, width: number, height: number) {
  if (grey.length !== width * height)
    throw new RangeError(`${grey.length} bytes are no ${width} × ${height} picture`);
  const rgba = new Uint8ClampedArray(grey.length * 4);
  grey.forEach((level, i) => rgba.set([level, level, level, 255], i * 4));
  return rgba;
}
