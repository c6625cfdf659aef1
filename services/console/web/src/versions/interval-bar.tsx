import type { Proportion } from "@groundswell/contracts";

import { interval, percent } from "../measures.ts";
import type { IntervalScale } from "./interval-scale.ts";

/** The 95 % interval as a bar and the value as a mark: a difference that is noise looks like noise. */
export function IntervalBar({
  accuracy,
  scale,
}: {
  accuracy: Proportion | null;
  scale: IntervalScale;
}) {
  if (!accuracy) return null;
  const from = scale.place(accuracy.low) * 100;
  const to = scale.place(accuracy.high) * 100;
  const text = `${percent(accuracy.value)} %, 95 % interval ${interval(accuracy)}, ${accuracy.n} examples`;
  return (
    <div class="interval" role="img" aria-label={text} title={text}>
      <span class="reach" style={{ left: `${from}%`, width: `${to - from}%` }} />
      <span class="value" style={{ left: `${scale.place(accuracy.value) * 100}%` }} />
    </div>
  );
}
