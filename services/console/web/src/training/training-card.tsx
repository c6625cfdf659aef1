import "./training.css";
import { useCallback, useState } from "preact/hooks";

import type { Api } from "../api.ts";
import { useAction } from "../asking/use-action.ts";
import { usePoll } from "../asking/use-poll.ts";
import { Card } from "../card/card.tsx";
import { Trouble } from "../card/trouble.tsx";
import { RunPanel } from "./run-panel.tsx";
import { isOpen } from "./run-story.ts";

const EVERY_MS = 2_000;

interface TrainingCardProps {
  api: Api;
  model: string;
  now: Date;
  /** A run ended: there may be a version more. */
  ended: () => void;
}

/** The newest training run, live while it runs, and the button that starts one. */
export function TrainingCard({ api, model, now, ended }: TrainingCardProps) {
  const ask = useCallback(
    async (signal: AbortSignal) => (await api.runs(model, { limit: 1 }, signal)).data[0] ?? null,
    [api, model],
  );
  const { answer: run, problem, refresh } = usePoll(ask, { everyMs: EVERY_MS });
  const [asTable, setAsTable] = useState(false);
  const starting = useAction();
  const open = run !== undefined && run !== null && isOpen(run.status);
  const start = async () => {
    await starting.run(() => api.startRun(model));
    refresh();
  };
  const changed = useCallback(() => {
    refresh();
    ended();
  }, [refresh, ended]);

  return (
    <Card
      title="Fine-tune"
      about="Trains anew on everything that may be learned from, then takes an exam against the champion"
      actions={
        <>
          {run && (
            <button
              type="button"
              aria-pressed={asTable}
              aria-label="Loss as a table"
              onClick={() => setAsTable(!asTable)}
            >
              {asTable ? "Chart" : "Table"}
            </button>
          )}
          <button
            type="button"
            class="primary"
            disabled={open || starting.busy || run === undefined}
            onClick={() => void start()}
          >
            Fine-tune
          </button>
        </>
      }
    >
      <Trouble problem={starting.problem ?? problem} retry={refresh} />
      {run === undefined && !problem && <p class="state">Loading…</p>}
      {run === null && <p class="state">No training run yet. The button above starts one.</p>}
      {run && <RunPanel key={run.id} {...{ api, model, run, now, asTable, changed }} />}
    </Card>
  );
}
