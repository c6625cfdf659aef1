import "./loop-strip.css";
import type { Overview } from "@groundswell/contracts";
import type { ComponentChildren } from "preact";

import { keptOutTotal, mayTeach, received } from "../kept-out/shares.ts";
import { count, duration, interval, latency, NOTHING, percent, rate } from "../measures.ts";

interface LoopStripProps {
  overview: Overview;
  champion: number | null;
}

/** The loop in one line: from what was accepted to what is predicted. */
export function LoopStrip({ overview, champion }: LoopStripProps) {
  const { accepted, learned, predictions, progressive, window_s } = overview;
  const all = received(overview);
  const teaching = mayTeach(overview);
  const span = duration(window_s * 1_000);
  return (
    <section class="card loop" aria-label="The loop, from accepted to predicted">
      <Stage name="Accepted" unit="/s" value={rate(accepted.per_second)}>
        {count(accepted.total)} in all, each committed before its answer
      </Stage>
      <Stage
        name="Clean and allowed to teach"
        unit={all > 0 ? "%" : ""}
        value={all > 0 ? percent(teaching / all) : NOTHING}
      >
        {all > 0
          ? `${count(teaching)} of ${count(all)}; ${count(keptOutTotal(overview))} kept out`
          : "no feedback yet"}
      </Stage>
      <Stage name="Learned" {...splitUnit(learned.p50_ms)}>
        {learned.p99_ms === null
          ? `nothing just now; ${count(learned.total)} examples so far`
          : `feedback to new weights, p99 ${latency(learned.p99_ms)} · ${rate(learned.per_second)} /s`}
      </Stage>
      <Stage
        name="Right before it was told"
        unit={progressive ? "%" : ""}
        value={progressive ? percent(progressive.value) : NOTHING}
      >
        {progressive
          ? `${interval(progressive)} over the last ${count(progressive.n)}`
          : "nothing scored yet"}
      </Stage>
      <Stage name="Predictions" unit="/s" value={rate(predictions.per_second)}>
        {predictions.p50_ms === null || predictions.p99_ms === null
          ? `none just now; ${count(predictions.total)} so far`
          : `p50 ${latency(predictions.p50_ms)}, p99 ${latency(predictions.p99_ms)}`}
        {champion !== null && ` · v${champion} champion`}
      </Stage>
      <p class="loop-window">Rates and latencies over the last {span}</p>
    </section>
  );
}

function splitUnit(ms: number | null): { value: string; unit: string } {
  if (ms === null) return { value: NOTHING, unit: "" };
  const [value = NOTHING, ...unit] = latency(ms).split(" ");
  return { value, unit: unit.join(" ") };
}

interface StageProps {
  name: string;
  value: string;
  unit: string;
  children: ComponentChildren;
}

function Stage({ name, value, unit, children }: StageProps) {
  return (
    <div class="stage">
      <span class="stage-name">{name}</span>
      <span class="stage-value">
        {value} <small>{unit}</small>
      </span>
      <span class="stage-note">{children}</span>
    </div>
  );
}
