import type { Overview } from "@groundswell/contracts";
import type { Database } from "@groundswell/db";
import type { ModelRecord } from "@groundswell/models";

import { createMeasure } from "./measure.ts";

interface Watched {
  measure: ReturnType<typeof createMeasure>;
  latest: { at: number; overview: Promise<Overview> } | undefined;
}

export interface OverviewOptions {
  database: Database;
  clock: () => number;
  /** However many dashboards ask, a model is measured once in this time. */
  keepMs: number;
}

/** Models whose settled counts are kept; the one that was asked for longest ago goes first. */
const MOST_WATCHED = 200;

export function createOverview({ database, clock, keepMs }: OverviewOptions) {
  const watched = new Map<string, Watched>();

  return (model: ModelRecord): Promise<Overview> => {
    const now = clock();
    const key = `${model.projectId} ${model.modelId}`;
    const one = watched.get(key) ?? {
      measure: createMeasure({ database }, model),
      latest: undefined,
    };
    watched.delete(key);
    watched.set(key, one);
    const [oldest] = watched.keys();
    if (watched.size > MOST_WATCHED && oldest !== undefined) watched.delete(oldest);

    if (one.latest && now - one.latest.at < keepMs) return one.latest.overview;
    // One after another: two at once would both count what is new.
    const before = one.latest?.overview.catch(() => {}); // whoever asked for it was told
    const overview = Promise.resolve(before).then(() => one.measure(model, new Date(now)));
    one.latest = { at: now, overview };
    overview.catch(() => (one.latest = undefined));
    return overview;
  };
}
