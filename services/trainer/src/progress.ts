import type { RunProgress } from "@groundswell/contracts";
import { type Database, type RunHold, tellProgress } from "@groundswell/db";
import type { BatchProgress } from "@groundswell/training";

/** Tells watchers how far a run is, a few times a second at most. */
export interface Reporter {
  phase: (phase: RunProgress["phase"]) => Promise<void>;
  epoch: (progress: BatchProgress) => void;
  /** Waits until what was told is written. */
  settle: () => Promise<void>;
}

const TELL_EVERY_MS = 250;

export function createReporter(deps: {
  database: Database;
  hold: RunHold;
  clock: () => Date;
  startedAt: Date;
  onError: (error: unknown) => void;
}): Reporter {
  const { database, hold, clock, startedAt, onError } = deps;
  let told = 0;
  let tellAgain: NodeJS.Timeout | undefined;
  let telling = Promise.resolve();
  let progress: RunProgress = {
    phase: "dataset",
    epoch: 0,
    epochs: 0,
    loss: null,
    validation_loss: null,
    validation_accuracy: null,
    elapsed_ms: 0,
    eta_ms: null,
  };

  const tell = () => {
    clearTimeout(tellAgain);
    tellAgain = undefined;
    const now = clock();
    told = now.getTime();
    const said = { ...progress, elapsed_ms: told - startedAt.getTime() };
    telling = telling.then(() => tellProgress(database, hold, said, now)).catch(onError);
    return telling;
  };

  return {
    phase(phase) {
      progress = { ...progress, phase, eta_ms: phase === "training" ? progress.eta_ms : null };
      return tell();
    },
    epoch({ epoch, epochs, loss, validation, etaMs }) {
      // Each epoch that was judged is a point of the curve: it is told, however fast they come.
      const judged = validation?.loss !== (progress.validation_loss ?? undefined);
      progress = {
        ...progress,
        epoch,
        epochs,
        loss,
        validation_loss: validation?.loss ?? null,
        validation_accuracy: validation?.accuracy ?? null,
        eta_ms: etaMs,
      };
      const rest = told + TELL_EVERY_MS - clock().getTime();
      if (judged || rest <= 0) void tell();
      else tellAgain ??= setTimeout(() => void tell(), rest);
    },
    async settle() {
      if (tellAgain) void tell();
      await telling;
    },
  };
}
