import { setTimeout as delay } from "node:timers/promises";

import { openThread, type Thread, type ThreadProtocol } from "@groundswell/onnx";

export interface KeepThreadOptions<P extends ThreadProtocol> {
  url: URL;
  data: unknown;
  /** Called with each thread before anything is asked of it. */
  onOpened: (thread: Thread<P>) => void;
  /** Called when one has broken, with what it broke of. */
  onEnded: (error: unknown) => void;
  /** Called when another has taken its place, which holds nothing yet. */
  onReplaced: () => void;
}

export interface KeptThread<P extends ThreadProtocol> {
  current: () => Thread<P>;
  /** False while a broken one is being replaced: then calls are rejected with ThreadExited. */
  alive: () => boolean;
  close: () => Promise<void>;
}

/** One that breaks as soon as it starts may not take the whole machine. */
const REPLACED_AFTER_MS = 500;

/** A thread that is replaced by another when it breaks. */
export function keepThread<P extends ThreadProtocol>(options: KeepThreadOptions<P>): KeptThread<P> {
  let closing = false;
  let alive = true;
  let current = start();

  function start(): Thread<P> {
    const opened = openThread<P>(options.url, options.data);
    options.onOpened(opened);
    void opened.exited.then(async ({ error }) => {
      if (closing) return;
      alive = false;
      options.onEnded(error);
      await delay(REPLACED_AFTER_MS);
      if (closing) return;
      current = start();
      alive = true;
      options.onReplaced();
    });
    return opened;
  }
  return {
    current: () => current,
    alive: () => alive,
    async close() {
      closing = true;
      await current.close();
    },
  };
}
