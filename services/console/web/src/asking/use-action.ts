import { useCallback, useState } from "preact/hooks";

import { type ApiProblem, asProblem } from "./problem.ts";

export interface Action {
  busy: boolean;
  problem: ApiProblem | undefined;
  /** @returns whether it worked */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  forget: () => void;
}

/** Something the user asked for: once at a time, with its problem kept for the page to show. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem>();
  const run = useCallback(async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(asProblem(error));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { busy, problem, run, forget: useCallback(() => setProblem(undefined), []) };
}
