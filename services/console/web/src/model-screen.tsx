import type { ModelView } from "@groundswell/contracts";
import { useCallback, useEffect, useState } from "preact/hooks";

import { AccuracyCard } from "./accuracy/accuracy-card.tsx";
import type { Api } from "./api.ts";
import { useNow } from "./asking/use-now.ts";
import { usePoll } from "./asking/use-poll.ts";
import { Connection } from "./connection.tsx";
import { FirstPrediction } from "./first-steps/first-prediction.tsx";
import { KeptOutCard } from "./kept-out/kept-out-card.tsx";
import { received } from "./kept-out/shares.ts";
import { LiveCard } from "./live/live-card.tsx";
import { LoopStrip } from "./loop-strip/loop-strip.tsx";
import { paceWords } from "./pace.ts";
import { QueuesCard } from "./queues/queues-card.tsx";
import { TrainingCard } from "./training/training-card.tsx";
import { VersionsCard } from "./versions/versions-card.tsx";

const EVERY_MS = 1_000;

interface ModelScreenProps {
  api: Api;
  model: ModelView;
  /** Something changed what the list of models shows. */
  modelChanged: () => void;
}

export function ModelScreen({ api, model, modelChanged }: ModelScreenProps) {
  const { name, recipe, champion, classes } = model;
  const now = useNow();
  const [changes, setChanges] = useState(0);
  const ask = useCallback((signal: AbortSignal) => api.overview(name, signal), [api, name]);
  const overview = usePoll(ask, { everyMs: EVERY_MS });
  const runEnded = useCallback(() => setChanges((n) => n + 1), []);
  useEffect(() => {
    document.title = `${name} · Groundswell`;
  }, [name]);

  const { answer } = overview;
  return (
    <>
      <header class="screen-head">
        <h1 class="ellipsis" title={name}>
          {name}
        </h1>
        <span class="pill">{recipe}</span>
        <span class="pill" title={paceWords(model.pace).long}>
          {paceWords(model.pace).short}
        </span>
        <Connection {...overview} now={now} />
      </header>
      {!answer && !overview.problem && <p class="state">Loading…</p>}
      {answer && (
        <div class="screen-figures" data-stale={overview.problem !== undefined}>
          <LoopStrip overview={answer} champion={champion} />
          {answer.predictions.total === 0 && <FirstPrediction model={model} />}
          <div class="two">
            <AccuracyCard overview={answer} classes={classes.length} />
            <KeptOutCard overview={answer} />
          </div>
        </div>
      )}
      <div class="two">
        <LiveCard
          api={api}
          model={name}
          noFeedback={answer !== undefined && received(answer) === 0}
        />
        <div class="stack">
          <TrainingCard {...{ api, now }} model={name} ended={runEnded} />
          <VersionsCard {...{ api, now, changes }} model={name} championMoved={modelChanged} />
          {answer && <QueuesCard queues={answer.queues} />}
        </div>
      </div>
    </>
  );
}
