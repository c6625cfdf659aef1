import type { ApiProblem } from "./asking/problem.ts";
import { ago, fullTime } from "./instants.ts";

interface ConnectionProps {
  problem: ApiProblem | undefined;
  at: Date | undefined;
  now: Date;
  refresh: () => void;
}

/** Whether the figures are of now, and if not, of when. */
export function Connection({ problem, at, now, refresh }: ConnectionProps) {
  if (!problem)
    return (
      <span class="pill connection" title={at ? `Figures of ${fullTime(at)}` : undefined}>
        <span class="dot" /> live
      </span>
    );
  const figures = at ? `; figures of ${ago(at, now)}` : "";
  return (
    <span class="pill connection broken" role="alert">
      <span class="dot" /> {problem.passing ? "reconnecting" : problem.message}
      {figures}
      <button type="button" title={problem.message} onClick={refresh}>
        Try now
      </button>
    </span>
  );
}
