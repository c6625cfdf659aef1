import type { GateReport, Proportion } from "@groundswell/contracts";

import { count, interval, percent, points } from "../measures.ts";

/** The exam of a candidate against the champion, with its intervals and every check. */
export function GateSummary({ gate }: { gate: GateReport }) {
  const { candidate, champion, difference, subjects, checks, missing_classes: missing = [] } = gate;
  return (
    <div class="gate">
      <p>
        <b>{gate.passed ? "✓ Passed its gate" : "✗ Refused by its gate"}</b> on{" "}
        {count(candidate?.n ?? 0)} exam examples of {count(subjects)} users.
      </p>
      <dl>
        <div>
          <dt>Candidate</dt>
          <dd>
            <Share of={candidate} />
          </dd>
        </div>
        <div>
          <dt>Champion</dt>
          <dd>
            <Share of={champion} />
          </dd>
        </div>
        <div>
          <dt>Difference</dt>
          <dd>
            {difference ? (
              <>
                {points(difference.value)} points{" "}
                <span class="dim">
                  ({points(difference.low)} to {points(difference.high)})
                </span>
              </>
            ) : (
              "–"
            )}
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
      {missing.length > 0 && (
        <p class="dim">Not in the exam, so nothing is known of: {missing.join(", ")}</p>
      )}
    </div>
  );
}

/** A figure without data is none. */
function Share({ of }: { of: Proportion | null }) {
  if (!of) return <>–</>;
  return (
    <>
      {percent(of.value)} % <span class="dim">({interval(of)})</span>
    </>
  );
}
