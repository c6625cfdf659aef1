import {
  createRegistry,
  cutDataset,
  type Database,
  noteDataset,
  readTakenSteps,
  type RunHold,
  type RunRecord,
} from "@groundswell/db";
import { type ArtifactStore, judgeCandidate, type ModelRecord } from "@groundswell/models";
import type { Thread } from "@groundswell/onnx";
import { voiceOf } from "@groundswell/training";

import { type ChampionState, readChampion } from "./champion.ts";
import { CannotTrain, type DataSet, examplesOf, splitRows, viewDataSet } from "./data-set.ts";
import type { Reporter } from "./progress.ts";
import type { Trained, TrainingProtocol } from "./protocol.ts";

export interface TrainDeps {
  database: Database;
  artifacts: ArtifactStore;
  thread: Thread<TrainingProtocol>;
  reporter: Reporter;
  hold: RunHold;
  threads: number;
  signal: AbortSignal;
}

/** What came of a run, before it is registered. */
export interface Candidate {
  model: ModelRecord;
  data: DataSet;
  trained: Trained;
  champion: ChampionState;
  /** The step up to which the candidate knows the ledger: past the cut, by catching up. */
  learnedThrough: number;
  gate: ReturnType<typeof judgeCandidate>;
  artifact: Uint8Array;
}

/** Data set, training, catching up, exam. Aborts between and within them. */
export async function trainRun(deps: TrainDeps, run: RunRecord): Promise<Candidate> {
  const { database, thread, reporter, signal } = deps;
  const { projectId, modelId } = run;
  await reporter.phase("dataset");
  const model = await createRegistry(database, projectId).findModelById(modelId);
  if (!model) throw new CannotTrain(`Model ${modelId} is gone`);
  const data = await cut(database, model);
  await noteDataset(database, deps.hold, viewDataSet(data));

  await reporter.phase("training");
  const trained = await thread.call("train", {
    settings: settingsOf(model),
    train: examplesOf(data.train),
    validation: examplesOf(data.validation),
    config: run.config,
    seed: run.seed,
    threads: deps.threads,
  });
  signal.throwIfAborted();

  await reporter.phase("catching-up");
  const learnedThrough = await catchUp(deps, model, data);
  signal.throwIfAborted();

  await reporter.phase("exam");
  const champion = await readChampion(database, deps.artifacts, model);
  const gate = await examine(deps, model, data, champion);
  const artifact = await thread.call("artifact", null);
  return { model, data, trained, champion, learnedThrough, gate, artifact };
}

const settingsOf = ({ recipe, classes, config, seed }: ModelRecord) => ({
  recipe,
  classes,
  config,
  seed,
});

async function cut(database: Database, model: ModelRecord): Promise<DataSet> {
  const { projectId, modelId } = model;
  const throughStep = await createRegistry(database, projectId).learnedThrough(modelId);
  const everything = model.pace === "off";
  const rows = await cutDataset(database, { projectId, modelId, throughStep, everything });
  return splitRows(rows, throughStep, voiceOf(settingsOf(model)));
}

/** Steps were recorded while the run trained: a candidate that did not know them would forget them all. */
async function catchUp(
  { database, thread }: TrainDeps,
  { projectId, modelId }: ModelRecord,
  { cutAtStep, train }: DataSet,
): Promise<number> {
  const through = await createRegistry(database, projectId).learnedThrough(modelId);
  if (through === cutAtStep) return through;
  const span = { projectId, modelId, after: cutAtStep, through };
  const steps = await readTakenSteps(database, span);
  await thread.call("catchUp", {
    window: examplesOf(train),
    after: cutAtStep,
    steps: steps.map(({ step, rows, dropped }) => ({
      step,
      dropped,
      // Its validation people stay apart from the candidate until it serves.
      examples: examplesOf(rows.filter(({ split }) => split === "train")),
    })),
  });
  return through;
}

async function examine(
  { thread }: TrainDeps,
  model: ModelRecord,
  { exam }: DataSet,
  champion: ChampionState,
) {
  const inputs = exam.map(({ input }) => input);
  const own = await thread.call("answer", { inputs, weights: null });
  const others = await thread.call("answer", { inputs, weights: champion.weights });
  const isRight = (answers: readonly string[]) =>
    exam.map(({ target }, place) => Number(answers[place] === target));
  return judgeCandidate({
    settings: model.gate,
    candidate: isRight(own),
    champion: isRight(others),
    subjects: exam.map(({ subjectId }) => subjectId),
    targets: exam.map(({ target }) => target),
    classes: model.classes,
    examShare: model.examShare,
  });
}
