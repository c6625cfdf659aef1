import { useCallback, useEffect, useState } from "preact/hooks";

import type { Api } from "../api.ts";
import { usePoll } from "../asking/use-poll.ts";

const PER_PAGE = 8;
const EVERY_MS = 3_000;

/** One page of a model's versions, newest first, asked anew every few seconds. */
export function useVersionPages(api: Api, model: string) {
  /** Cursors of the pages gone through; the last one is shown, none is the newest page. */
  const [trail, setTrail] = useState<string[]>([]);
  const cursor = trail.at(-1);
  useEffect(() => setTrail([]), [model]);
  const ask = useCallback(
    (signal: AbortSignal) => api.versions(model, { limit: PER_PAGE, cursor }, signal),
    [api, model, cursor],
  );
  const polled = usePoll(ask, { everyMs: EVERY_MS });
  const next = polled.answer?.next_cursor ?? null;
  return {
    ...polled,
    older: next === null ? undefined : () => setTrail([...trail, next]),
    newer: cursor === undefined ? undefined : () => setTrail(trail.slice(0, -1)),
  };
}
