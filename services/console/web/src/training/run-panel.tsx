import type { RunStatus, RunView } from "@groundswell/contracts";
import { useEffect, useState } from "preact/hooks";

import type { Api } from "../api.ts";
import { useAction } from "../asking/use-action.ts";
import { Tag, type Tone } from "../card/tag.tsx";
import { When } from "../card/when.tsx";
import { Confirm } from "../dialog/confirm.tsx";
import { count, duration, percent } from "../measures.ts";
import { GateSummary } from "./gate-report.tsx";
import { LossChart, LossTable } from "./loss-chart.tsx";
import { completed, isOpen, phaseWords } from "./run-story.ts";
import { useRunStory } from "./use-run-story.ts";

const TONES: Record<RunStatus, Tone> = {
  queued: "off",
  running: "accent",
  succeeded: "good",
  failed: "bad",
  cancelled: "warn",
};

interface RunPanelProps {
  api: Api;
  model: string;
  run: RunView;
  now: Date;
  asTable: boolean;
  changed: () => void;
}

export function RunPanel({ api, model, run, now, asTable, changed }: RunPanelProps) {
  const { story, connected } = useRunStory(api, model, run.id);
  // The list is asked now and then, the stream tells at once: an end that either knows is an end.
  const status = isOpen(run.status) && story !== undefined ? story.status : run.status;
  const open = isOpen(status);
  const progress = story.progress ?? run.progress;
  const gate = story.gate ?? run.gate;
  useEffect(() => {
    if (!open) changed();
  }, [open, changed]);

  return (
    <div class="run">
      <div class="run-head">
        <Tag tone={TONES[status]}>
          {status === "running" && progress ? phaseWords(progress) : status}
        </Tag>
        <span class="dim ellipsis">
          <code title={run.id}>{run.id.slice(-8)}</code>, <When at={run.created_at} now={now} />
          {!connected && open && ", reconnecting…"}
        </span>
        {open && <CancelButton {...{ api, model, run, changed }} />}
      </div>
      <Dataset run={run} />
      {open && <Bar share={progress ? completed(progress) : 0} />}
      {story.epochs.length > 0 &&
        (asTable ? (
          <LossTable epochs={story.epochs} />
        ) : (
          <LossChart epochs={story.epochs} planned={progress?.epochs ?? 1} />
        ))}
      {progress && <Timing progress={progress} open={open} />}
      {run.error && <p class="trouble">{run.error}</p>}
      {gate && <GateSummary gate={gate} />}
    </div>
  );
}

function Dataset({ run: { dataset } }: { run: RunView }) {
  if (!dataset) return null;
  const { train, validation, exam, subjects } = dataset;
  return (
    <p class="dim">
      Learns from {count(train)} examples of {count(subjects.train)} users; {count(validation)} of{" "}
      {count(subjects.validation)} others tell when to stop, {count(exam)} of {count(subjects.exam)}{" "}
      more are the exam
    </p>
  );
}

function Bar({ share }: { share: number }) {
  return (
    <div
      class="run-bar"
      role="progressbar"
      aria-label="Fine-tune"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(share * 100)}
    >
      <span style={{ width: `${share * 100}%` }} />
    </div>
  );
}

function Timing({ progress, open }: { progress: NonNullable<RunView["progress"]>; open: boolean }) {
  const { elapsed_ms, eta_ms, validation_accuracy } = progress;
  return (
    <p class="dim">
      {duration(elapsed_ms)} {open ? "so far" : "in all"}
      {open && eta_ms !== null && `, about ${duration(eta_ms)} to go`}
      {validation_accuracy !== null && ` · validation accuracy ${percent(validation_accuracy)} %`}
    </p>
  );
}

function CancelButton({ api, model, run, changed }: Omit<RunPanelProps, "now" | "asTable">) {
  const [asking, setAsking] = useState(false);
  const action = useAction();
  const cancel = async () => {
    if (!(await action.run(() => api.cancelRun(model, run.id)))) return;
    setAsking(false);
    changed();
  };
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        Cancel
      </button>
      {asking && (
        <Confirm
          title="Cancel this run?"
          verb="Cancel the run"
          action={action}
          confirm={() => void cancel()}
          close={() => setAsking(false)}
        >
          <p>What it trained so far is dropped. The champion keeps serving and learning.</p>
        </Confirm>
      )}
    </>
  );
}
