import type { GateReport } from "@groundswell/contracts";

import { count, interval, percent, points } from "../measures.ts";

/** The exam of a candidate against the champion, with its intervals and every check. */
export function GateSummary({ gate }: { gate: GateReport }) {
  const { candidate, champion, difference, subjects, checks } = gate;
  return (
    <div class="gate">
      <p>
        <b>{gate.passed ? "✓ Passed its gate" : "✗ Refused by its gate"}</b> on {count(candidate.n)}{" "}
        exam examples of {count(subjects)} users.
      </p>
      <dl>
        <div>
          <dt>Candidate</dt>
          <dd>
            {percent(candidate.value)} % <span class="dim">({interval(candidate)})</span>
          </dd>
        </div>
        <div>
          <dt>Champion</dt>
          <dd>
            {percent(champion.value)} % <span class="dim">({interval(champion)})</span>
          </dd>
        </div>
        <div>
          <dt>Difference</dt>
          <dd>
            {points(difference.value)} points{" "}
            <span class="dim">
              ({points(difference.low)} to {points(difference.high)})
            </span>
          </dd>
        </div>
      </dl>
      <ul>
        {checks.map(({ name, passed, detail }) => (
          <li key={name}>
            {passed ? "✓" : "✗"} {detail}
          </li>
        ))}
      </ul>
    </div>
  );
}
