import type { RunEvent } from "@groundswell/contracts";
import { useEffect, useState } from "preact/hooks";

import type { Api } from "../api.ts";
import { readEvents } from "../asking/event-stream.ts";
import { waitBefore } from "../asking/wait.ts";
import { isOpen, type RunStory, tell, UNTOLD } from "./run-story.ts";

interface Followed {
  story: RunStory;
  /** False while the stream is broken and being opened again. */
  connected: boolean;
}

/** Follows a run's events from the first one until it ends; a broken stream goes on where it broke. */
export function useRunStory(api: Api, model: string, run: string): Followed {
  const [followed, setFollowed] = useState<Followed>({ story: UNTOLD, connected: true });
  useEffect(() => {
    const stopping = new AbortController();
    setFollowed({ story: UNTOLD, connected: true });
    void follow({ api, model, run, signal: stopping.signal, show: setFollowed });
    return () => stopping.abort();
  }, [api, model, run]);
  return followed;
}

interface FollowRun {
  api: Api;
  model: string;
  run: string;
  signal: AbortSignal;
  show: (followed: Followed) => void;
}

async function follow({ api, model, run, signal, show }: FollowRun): Promise<void> {
  let story = UNTOLD;
  let last: string | null = null;
  let failures = 0;
  while (!signal.aborted) {
    try {
      last = await readEvents(
        {
          open: (from) => api.runEvents(model, run, from, signal),
          onEvent: ({ id, data }) => {
            last = id ?? last;
            failures = 0;
            story = tell(story, JSON.parse(data) as RunEvent);
            if (!signal.aborted) show({ story, connected: true });
          },
        },
        last,
      );
    } catch {
      // Whatever broke the stream: the run goes on without it, and so does the next try.
    }
    if (signal.aborted || !isOpen(story.status)) return;
    failures += 1;
    show({ story, connected: false });
    await pause(waitBefore(failures, 500), signal);
  }
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
