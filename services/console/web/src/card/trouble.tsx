import type { ApiProblem } from "../asking/problem.ts";

/** What went wrong, and a way on. */
export function Trouble({
  problem,
  retry,
}: {
  problem: ApiProblem | undefined;
  retry?: () => void;
}) {
  if (!problem) return null;
  return (
    <div class="trouble" role="alert">
      <span>{problem.message}</span>
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
