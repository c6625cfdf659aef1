import "./accuracy.css";
import type { Overview } from "@groundswell/contracts";
import { useMemo, useState } from "preact/hooks";

import { Plot } from "../chart/plot.tsx";
import { ChartCard } from "../chart/with-table.tsx";
import { count, interval, percent } from "../measures.ts";
import { accuracyOptions } from "./accuracy-options.ts";
import { accuracySeries, spread } from "./accuracy-series.ts";

interface AccuracyCardProps {
  overview: Overview;
  /** How many answers the model chooses from. */
  classes: number;
}

type Curve = Overview["progressive_curve"];
const TABLE_ROWS = 15;
const HEIGHT = 230;

export function AccuracyCard({ overview, classes }: AccuracyCardProps) {
  const { progressive_curve: curve, progressive } = overview;
  return (
    <ChartCard
      title="Progressive accuracy"
      about="Share predicted right before the user's answer was seen, over the last 500, with its 95 % interval"
      chart={
        curve.length === 0 || !progressive ? (
          <p class="state">
            Nothing to score yet. A prediction is scored by the first feedback on it, where its user
            agreed to training.
          </p>
        ) : (
          <AccuracyChart curve={curve} classes={classes} />
        )
      }
      table={<AccuracyTable curve={curve} />}
    />
  );
}

function AccuracyChart({ curve, classes }: { curve: Curve; classes: number }) {
  const [hovered, setHovered] = useState<number | null>(null);
  const data = useMemo(() => accuracySeries(curve), [curve]);
  const options = useMemo(() => accuracyOptions(classes, setHovered), [classes]);
  const last = curve.at(-1);
  const shown = curve[hovered ?? curve.length - 1] ?? last;
  const label = last
    ? `Progressive accuracy: ${percent(last.accuracy.value)} % after ${count(last.n)} scored predictions`
    : "Progressive accuracy";
  return (
    <>
      <Plot label={label} height={HEIGHT} data={data} options={options} />
      {shown && (
        <p class="readout">
          after {count(shown.n)} scored: <b>{percent(shown.accuracy.value)} %</b>{" "}
          <span class="dim">({interval(shown.accuracy)})</span>
        </p>
      )}
    </>
  );
}

function AccuracyTable({ curve }: { curve: Curve }) {
  return (
    <table>
      <caption class="visually-hidden">Progressive accuracy along the stream</caption>
      <thead>
        <tr>
          <th class="number">Scored</th>
          <th class="number">Right</th>
          <th class="number">95 % interval</th>
          <th class="number">Over the last</th>
        </tr>
      </thead>
      <tbody>
        {spread(curve, TABLE_ROWS).map(({ n, accuracy }) => (
          <tr key={n}>
            <td class="number">{count(n)}</td>
            <td class="number">{percent(accuracy.value)} %</td>
            <td class="number">{interval(accuracy)}</td>
            <td class="number">{count(accuracy.n)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
