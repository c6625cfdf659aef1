import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { type ApiProblem, asProblem } from "./problem.ts";
import { waitBefore } from "./wait.ts";

export interface Polled<Answer> {
  /** The last answer; stays while the server can't be reached. */
  answer: Answer | undefined;
  /** Why the last try gave none. */
  problem: ApiProblem | undefined;
  /** When the last answer came. */
  at: Date | undefined;
  /** Asks at once. */
  refresh: () => void;
}

type State<Answer> = Omit<Polled<Answer>, "refresh">;
const NOTHING_YET = { answer: undefined, problem: undefined, at: undefined };

/**
 * Asks again and again, `everyMs` after each answer, more slowly while there is none, and not at
 * all in a hidden tab or while not `wanted`. A new `ask` begins anew: keep it stable (useCallback).
 */
export function usePoll<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  { everyMs, wanted = true }: { everyMs: number; wanted?: boolean },
): Polled<Answer> {
  const [state, setState] = useState<State<Answer>>(NOTHING_YET);
  const againRef = useRef<() => void>(undefined);

  useEffect(() => setState(NOTHING_YET), [ask]);
  useEffect(() => {
    if (!wanted) return undefined;
    const loop = startLoop(ask, everyMs, (change) => setState((old) => ({ ...old, ...change })));
    againRef.current = loop.askNow;
    document.addEventListener("visibilitychange", loop.askNow);
    return () => {
      document.removeEventListener("visibilitychange", loop.askNow);
      againRef.current = undefined;
      loop.stop();
    };
  }, [ask, everyMs, wanted]);

  const refresh = useCallback(() => againRef.current?.(), []);
  return { ...state, refresh };
}

function startLoop<Answer>(
  ask: (signal: AbortSignal) => Promise<Answer>,
  everyMs: number,
  change: (state: Partial<State<Answer>>) => void,
) {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = new AbortController();

  function askNow() {
    clearTimeout(timer);
    running.abort();
    if (document.hidden) return;
    running = new AbortController();
    const { signal } = running;
    ask(signal)
      .then(
        (answer) => {
          failures = 0;
          if (!signal.aborted) change({ answer, problem: undefined, at: new Date() });
        },
        (error: unknown) => {
          failures += 1;
          if (!signal.aborted) change({ problem: asProblem(error) });
        },
      )
      .finally(() => {
        if (!signal.aborted) timer = setTimeout(askNow, waitBefore(failures, everyMs));
      });
  }
  askNow();
  return {
    askNow,
    stop: () => {
      clearTimeout(timer);
      running.abort();
    },
  };
}
