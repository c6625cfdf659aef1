import "uplot/dist/uPlot.min.css";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

import { type Colours, useColours } from "./use-colours.ts";

export type PlotOptions = (colours: Colours) => Omit<uPlot.Options, "width" | "height">;

interface PlotProps {
  /** What the picture shows, for those who don't see it. */
  label: string;
  height: number;
  data: uPlot.AlignedData;
  /** Keep it stable (useMemo): another one draws the plot anew. */
  options: PlotOptions;
}

/** A uPlot as wide as its place, redrawn when the colours change. */
export function Plot({ label, height, data, options }: PlotProps) {
  const placeRef = useRef<HTMLDivElement>(null);
  const plotRef = useRef<uPlot>(undefined);
  const latestRef = useRef(data);
  const colours = useColours();

  useEffect(() => {
    const holder = placeRef.current;
    if (!holder) return undefined;
    const size = () => ({ width: Math.max(80, holder.clientWidth), height });
    const drawn = new uPlot({ ...options(colours), ...size() }, latestRef.current, holder);
    const observer = new ResizeObserver(() => drawn.setSize(size()));
    observer.observe(holder);
    plotRef.current = drawn;
    return () => {
      observer.disconnect();
      plotRef.current = undefined;
      drawn.destroy();
    };
  }, [colours, options, height]);

  useEffect(() => {
    latestRef.current = data;
    plotRef.current?.setData(data);
  }, [data]);

  return <div class="plot" ref={placeRef} role="img" aria-label={label} />;
}

/** Axis lines and labels of every chart. */
export function quietAxis(colours: Colours): uPlot.Axis {
  return {
    stroke: colours.dim,
    font: "11px system-ui, sans-serif",
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
    border: { show: false },
  };
}
