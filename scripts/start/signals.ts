const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Aborts `controller` on the first signal that asks this process to end. A second one ends it at
 * once: servers and services notice that it is gone and end by themselves.
 */
export function abortOnSignal(controller: AbortController): AbortSignal {
  for (const name of SIGNALS)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort(new Error(name));
    });
  return controller.signal;
}

export const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
