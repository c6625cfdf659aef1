import "./kept-out.css";
import type { Overview } from "@groundswell/contracts";

import { ChartCard } from "../chart/with-table.tsx";
import { count, percent } from "../measures.ts";
import { reasonWords } from "./reasons.ts";
import { type KeptOutBar, keptOutBars, keptOutTotal, received } from "./shares.ts";

export function KeptOutCard({ overview }: { overview: Overview }) {
  const bars = keptOutBars(overview);
  const total = keptOutTotal(overview);
  const about =
    total === 0
      ? "What may not teach does not teach"
      : `${count(total)} of ${count(received(overview))}, each with its reason`;
  return (
    <ChartCard
      title="Kept out of learning"
      about={about}
      chart={
        bars.length === 0 ? (
          <p class="state">
            Nothing so far. Here stands what was sent and did not teach the model: without the
            user's agreement, twice, too late, not understood.
          </p>
        ) : (
          <Bars bars={bars} />
        )
      }
      table={<BarTable bars={bars} />}
    />
  );
}

function Bars({ bars }: { bars: KeptOutBar[] }) {
  return (
    <ul class="bars">
      {bars.map(({ reason, count: n, share, length }) => {
        const { short, long } = reasonWords(reason);
        return (
          <li key={reason} title={`${long} (${percent(share)} % of all)`}>
            <span class="ellipsis">{short}</span>
            <span class="bar-track">
              <span class="bar" style={{ width: `${Math.max(0.8, length * 100)}%` }} />
            </span>
            <span class="number dim">{count(n)}</span>
          </li>
        );
      })}
    </ul>
  );
}

function BarTable({ bars }: { bars: KeptOutBar[] }) {
  return (
    <table>
      <caption class="visually-hidden">Feedback kept out of learning, by reason</caption>
      <thead>
        <tr>
          <th>Reason</th>
          <th>What it means</th>
          <th class="number">Count</th>
          <th class="number">Share</th>
        </tr>
      </thead>
      <tbody>
        {bars.map(({ reason, count: n, share }) => (
          <tr key={reason}>
            <td>{reasonWords(reason).short}</td>
            <td class="dim">{reasonWords(reason).long}</td>
            <td class="number">{count(n)}</td>
            <td class="number">{percent(share)} %</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
