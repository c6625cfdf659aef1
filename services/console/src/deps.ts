import type { Logger } from "@groundswell/bootstrap";
import type { Database } from "@groundswell/db";
import type { ArtifactStore } from "@groundswell/models";

import type { ModelMaker } from "./model-maker.ts";

/** What the console's routes work with. */
export interface ConsoleDeps {
  /** As `request`. */
  database: Database;
  artifacts: ArtifactStore;
  models: ModelMaker;
  /** Wakes other services. Never fails: whoever is woken also looks by itself. */
  notify: (channel: string, message: string) => void;
  /** Tells a trainer of a run that is queued. Never fails: the trainers also look by themselves. */
  enqueueRun: (run: { projectId: string; runId: string }) => void;
  log: Pick<Logger, "warn">;
  clock: () => number;
  /** UUIDs of version 7. */
  newId: () => string;
  randomBytes: (size: number) => Buffer;
}
