import type uPlot from "uplot";

import { type PlotOptions, quietAxis } from "../chart/plot.tsx";
import type { Colours } from "../chart/use-colours.ts";
import { count } from "../measures.ts";

/**
 * The curve with its band from 0 to 100 %, and the line that guessing would draw.
 *
 * @param classes how many answers the model chooses from
 * @param hovered told the index of the point under the pointer
 */
export const accuracyOptions =
  (classes: number, hovered: (index: number | null) => void): PlotOptions =>
  (colours) => ({
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false, range: (_, __, most) => [0, most || 1] }, y: { range: [0, 100] } },
    axes: [
      {
        ...quietAxis(colours),
        size: 28,
        grid: { show: false },
        values: (_, marks) => marks.map(count),
      },
      {
        ...quietAxis(colours),
        size: 44,
        splits: () => [0, 25, 50, 75, 100],
        values: (_, marks) => marks.map((mark) => (mark === 100 ? "100 %" : String(mark))),
      },
    ],
    series: [
      {},
      { stroke: "transparent", points: { show: false } },
      { stroke: "transparent", points: { show: false } },
      { stroke: colours.accent, width: 2.2, points: { show: isShort } },
    ],
    bands: [{ series: [2, 1], fill: translucent(colours.accent) }],
    hooks: {
      draw: [(plot) => drawChance(plot, 100 / classes, colours)],
      setCursor: [(plot) => hovered(plot.cursor.idx ?? null)],
    },
  });

/** A line of one or two points would not be seen. */
const isShort = (plot: uPlot) => plot.data[0].length < 3;

const translucent = (colour: string) => `color-mix(in srgb, ${colour} 16%, transparent)`;

function drawChance(plot: uPlot, percent: number, colours: Colours) {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(percent, "y", true);
  const pixel = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colours.dim;
  ctx.fillStyle = colours.dim;
  ctx.lineWidth = pixel;
  ctx.setLineDash([4 * pixel, 4 * pixel]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `italic ${11 * pixel}px system-ui, sans-serif`;
  ctx.textAlign = "right";
  const above = percent < 90;
  ctx.textBaseline = above ? "bottom" : "top";
  const text = `guessing: ${percent < 1 ? "< 1" : Math.round(percent)} %`;
  ctx.fillText(text, bbox.left + bbox.width, y + (above ? -3 : 3) * pixel);
  ctx.restore();
}
