import type { LiveRow } from "@groundswell/contracts";
import { useEffect, useRef } from "preact/hooks";

import { greyToRgba } from "./grey-pixels.ts";

type PictureProps = NonNullable<LiveRow["picture"]>;

/** What the model saw. */
export function Picture({ width, height, b64 }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const grey = Uint8Array.from(atob(b64), (character) => character.charCodeAt(0));
    const pixels = new ImageData(greyToRgba(grey, width, height), width, height);
    canvas.current?.getContext("2d")?.putImageData(pixels, 0, 0);
  }, [b64, width, height]);
  return (
    <canvas
      class="picture"
      ref={canvas}
      width={width}
      height={height}
      role="img"
      aria-label="The picture that was sent"
    />
  );
}
