import { useMemo } from "preact/hooks";

import { Plot, type PlotOptions, quietAxis } from "../chart/plot.tsx";
import { count } from "../measures.ts";
import type { RunStory } from "./run-story.ts";

const HEIGHT = 130;
const WHOLE_EPOCHS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/** Loss of each epoch: training as a line, validation dashed. */
export function LossChart({ epochs, planned }: { epochs: RunStory["epochs"]; planned: number }) {
  const data = useMemo(() => lossSeries(epochs), [epochs]);
  const options = useMemo(() => lossOptions(planned), [planned]);
  const last = epochs.at(-1);
  const label = last ? `Loss falls to ${loss(last.loss)} in epoch ${last.epoch}` : "Loss";
  return (
    <>
      <Plot label={label} height={HEIGHT} data={data} options={options} />
      <p class="legend">
        <span class="line" /> training <span class="line dashed" /> validation
      </p>
    </>
  );
}

export function LossTable({ epochs }: { epochs: RunStory["epochs"] }) {
  return (
    <div class="loss-table">
      <table>
        <caption class="visually-hidden">Loss of each epoch</caption>
        <thead>
          <tr>
            <th class="number">Epoch</th>
            <th class="number">Training loss</th>
            <th class="number">Validation loss</th>
          </tr>
        </thead>
        <tbody>
          {epochs.toReversed().map((point) => (
            <tr key={point.epoch}>
              <td class="number">{count(point.epoch)}</td>
              <td class="number">{loss(point.loss)}</td>
              <td class="number">{loss(point.validationLoss)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const loss = (value: number | null) => (value === null ? "–" : value.toPrecision(3));

function lossSeries(epochs: RunStory["epochs"]): [number[], (number | null)[], (number | null)[]] {
  return [
    epochs.map(({ epoch }) => epoch),
    epochs.map((point) => point.loss),
    epochs.map((point) => point.validationLoss),
  ];
}

const lossOptions =
  (planned: number): PlotOptions =>
  (colours) => ({
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: [0, Math.max(1, planned)] },
      y: { range: (_, __, most) => [0, (most ?? 1) * 1.05] },
    },
    axes: [
      { ...quietAxis(colours), grid: { show: false }, size: 26, incrs: WHOLE_EPOCHS },
      { ...quietAxis(colours), size: 40, space: 28 },
    ],
    series: [
      {},
      { stroke: colours.accent, width: 2, points: { show: false } },
      { stroke: colours.warn, width: 2, dash: [5, 4], points: { show: false } },
    ],
  });
