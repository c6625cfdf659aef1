import type {
  AliasView,
  DeadLetter,
  DeploymentView,
  FeedbackState,
  LiveRow,
  ModelView,
  Proportion,
  RunView,
  VersionView,
} from "@groundswell/contracts";
import type { DeadLetterRecord, FeedbackRecord, LivePrediction, RunRecord } from "@groundswell/db";
import {
  type AliasRecord,
  type DeploymentRecord,
  type Evaluation,
  type ModelRecord,
  type VersionRecord,
  LEAST_PERSONS,
} from "@groundswell/models";
import type { z } from "zod";

/** What the API shows of a record: its words, and instants as text. */
const instant = (at: Date | null) => at?.toISOString() ?? null;

export function modelView(
  model: ModelRecord,
  { champion, learnedThrough }: { champion: number | null; learnedThrough: number },
): ModelView {
  return {
    id: model.modelId,
    name: model.name,
    recipe: model.recipe,
    classes: model.classes,
    config: model.config,
    pace: model.pace,
    log_predictions: model.logPredictions,
    gate: { min_persons: LEAST_PERSONS, ...model.gate },
    exam_share: model.examShare,
    validation_share: model.validationShare,
    teaching_metrics: model.teachingMetrics,
    champion,
    learned_through: learnedThrough,
    created_at: model.createdAt.toISOString(),
  };
}

export function versionView(
  version: VersionRecord,
  { aliases, evaluations }: { aliases: readonly AliasRecord[]; evaluations: readonly Evaluation[] },
): VersionView {
  return {
    number: version.number,
    kind: version.kind,
    status: version.status,
    aliases: aliases.filter((one) => one.version === version.number).map(({ alias }) => alias),
    parent: version.parent,
    learned_through: version.learnedThrough,
    run_id: version.runId,
    artifact: version.artifact,
    lineage: version.lineage,
    gate: version.gate,
    accuracy: examAccuracy(version, evaluations),
    created_at: version.createdAt.toISOString(),
  };
}

/** The last exam's word; the gate's own, where no exam stands by itself. */
function examAccuracy(
  { number, gate }: VersionRecord,
  evaluations: readonly Evaluation[],
): Proportion | null {
  const exam = evaluations.findLast(({ version, split }) => version === number && split === "exam");
  return exam?.metrics.accuracy ?? gate?.candidate ?? null;
}

export const aliasView = ({ alias, version, revision }: AliasRecord): AliasView => ({
  alias,
  version,
  revision,
});

export const deploymentView = (move: DeploymentRecord): z.infer<typeof DeploymentView> => ({
  alias: move.alias,
  from_version: move.fromVersion,
  to_version: move.toVersion,
  reason: move.reason,
  at: move.createdAt.toISOString(),
});

export const runView = (run: RunRecord, model: string): RunView => ({
  id: run.runId,
  model,
  trigger: run.trigger,
  status: run.status,
  config: run.config,
  seed: run.seed,
  progress: run.progress,
  dataset: run.dataset,
  version: run.version,
  gate: run.gate,
  error: run.error,
  created_at: run.createdAt.toISOString(),
  started_at: instant(run.startedAt),
  finished_at: instant(run.finishedAt),
});

export const feedbackView = (feedback: FeedbackRecord): FeedbackState => ({
  id: feedback.feedbackId,
  prediction_id: feedback.predictionId,
  state: feedback.state,
  reason: feedback.reason,
  learned_at_step: feedback.learnedAtStep,
  value: feedback.value,
  correction: feedback.correction,
  occurred_at: feedback.occurredAt.toISOString(),
  received_at: feedback.receivedAt.toISOString(),
  learned_after_ms: feedback.learnedAfterMs,
  ...(feedback.reason === "contradiction" && { issues: contradiction(feedback) }),
});

/** The two fields that say opposite things of the prediction. */
const contradiction = ({ correction }: FeedbackRecord): FeedbackState["issues"] => [
  { path: "/value", message: "says that the prediction was right" },
  {
    path: "/correction",
    message: `${JSON.stringify(correction)} is another class than was predicted: send either`,
  },
];

export function liveView(
  { recipe, config }: Pick<ModelRecord, "recipe" | "config">,
  prediction: LivePrediction,
): LiveRow {
  const { feedback } = prediction;
  return {
    prediction_id: prediction.predictionId,
    at: prediction.createdAt.toISOString(),
    model_version: prediction.version,
    learned_through: prediction.learnedThrough,
    picture: recipe === "image-classifier" ? picture(config, prediction.input) : null,
    text: recipe === "text-classifier" ? excerpt(prediction.input) : null,
    label: prediction.label,
    probability: prediction.probability,
    feedback: feedback && {
      value: feedback.value,
      correction: feedback.correction,
      state: feedback.state,
      reason: feedback.reason,
      learned_after_ms: feedback.learnedAfterMs,
    },
  };
}

/** The stored form of a picture is its grey bytes, row by row. */
function picture(config: Record<string, unknown>, input: Buffer): LiveRow["picture"] {
  const width = Number(config["width"]);
  const height = Number(config["height"]);
  if (width * height !== input.length) return null;
  return { width, height, b64: input.toString("base64") };
}

const MOST_CHARACTERS = 1_000;

function excerpt(input: Buffer): string {
  const text = input.toString();
  return text.length <= MOST_CHARACTERS
    ? text
    : `${text.slice(0, MOST_CHARACTERS).toWellFormed()}…`;
}

export const deadLetterView = (letter: DeadLetterRecord): z.infer<typeof DeadLetter> => ({
  id: letter.deadLetterId,
  queue: letter.queue,
  reason: letter.reason,
  attempts: letter.attempts,
  created_at: letter.createdAt.toISOString(),
  replayed_at: instant(letter.replayedAt),
});
