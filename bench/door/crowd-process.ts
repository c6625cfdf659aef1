/** Those who send slowly and those who watch, in a process of its own: their work is not to be measured. */
import { idleWatchers, slowStrangers } from "@groundswell/local/door-crowd";

export interface CrowdOrder {
  origin: string;
  key: string;
  /** Of an event stream. */
  target: string;
  slow: number;
  streams: number;
}

export interface CrowdReport {
  slowOpen: number;
  slowCut: number;
  streamsOpen: number;
  streamsCut: number;
}

process.once("message", (order: CrowdOrder) => void come(order));

async function come({ origin, key, target, slow, streams }: CrowdOrder): Promise<void> {
  const watchers = await idleWatchers(origin, streams, { target, key });
  const strangers = slowStrangers(origin, slow);
  const report = (): CrowdReport => ({
    slowOpen: strangers.open(),
    slowCut: strangers.cut(),
    streamsOpen: watchers.open(),
    streamsCut: watchers.cut(),
  });
  process.send?.("here");
  process.once("message", () => {
    process.send?.(report(), undefined, undefined, () => process.disconnect?.());
    strangers.leave();
    watchers.leave();
  });
}
