import type { Database, FindCaller } from "@groundswell/db";
import type { News } from "@groundswell/queue";

import type { Accept } from "./accept.ts";
import type { RateLimit } from "./rate-limit.ts";

/** What routes use. */
export interface IngestDeps {
  accept: Accept;
  /** As `request`. */
  database: Database;
  findCaller: FindCaller;
  rateLimit: RateLimit;
  news: News;
  clock: () => Date;
  newId: () => string;
  onError: (error: unknown) => void;
}
