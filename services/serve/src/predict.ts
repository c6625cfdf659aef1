import {
  BadRequest,
  Busy,
  Conflict,
  ModelNotFound,
  type PredictionAnswer,
  type PredictionRequest,
  uuid7Time,
  VersionNotFound,
} from "@groundswell/contracts";
import type { Caller, LoggedPrediction } from "@groundswell/db";
import { pseudonym } from "@groundswell/feedback";
import type { ModelRecord } from "@groundswell/models";

import { type Answered, answerOnce } from "./answer-once.ts";
import { outputOf } from "./answer.ts";
import type { Bounded } from "./bounded.ts";
import type { ModelDirectory } from "./model-directory.ts";
import type { PredictionLog } from "./prediction-log.ts";
import type { PredictorPool } from "./predictor-pool.ts";

export interface PredictDeps {
  directory: ModelDirectory;
  pool: Pick<PredictorPool, "prepare" | "preparePinned" | "predict">;
  log: Pick<PredictionLog, "before" | "after">;
  /** Inputs as the recipe stores them. @throws BadInputs, BadPicture */
  storeInput: (model: ModelRecord, inputs: Record<string, unknown>) => Promise<Uint8Array>;
  decoding: Bounded;
  findLogged: (projectId: string, predictionId: string) => Promise<LoggedPrediction | undefined>;
  /** Whether a read of the registry or the log failed because PostgreSQL is away. */
  isUnavailable: (error: unknown) => boolean;
  clock: () => number;
  newId: () => string;
}

export interface PredictQuestion {
  caller: Caller;
  /** The model's name. */
  name: string;
  body: PredictionRequest;
  /** Milliseconds since the request was received. */
  elapsedMs: () => number;
}

/** What is asked: a retry asks the same. */
interface Asked {
  model: ModelRecord;
  pinned: number | null;
  subjectId: string | null;
  input: Uint8Array;
}

const DAY_MS = 86_400_000;

/**
 * Answers a prediction and logs it: which weights answered, and with what probability.
 *
 * @throws ModelNotFound, VersionNotFound, BadInputs, BadPicture
 * @throws BadRequest for an id that is not of today; Conflict where it was used for something else
 * @throws Busy where models can't be read or loaded, or predictions not be stored
 */
export function createPredict(
  deps: PredictDeps,
): (question: PredictQuestion) => Promise<PredictionAnswer> {
  const { newId, clock, findLogged, isUnavailable } = deps;
  const once = answerOnce<LoggedPrediction>();

  const predict = async ({ caller, body, name, elapsedMs }: PredictQuestion) => {
    const { id } = body;
    if (id === undefined) {
      const asked = await understand(deps, caller, name, body);
      const { row } = await answerAndLog(deps, asked, { id: newId(), elapsedMs });
      return viewOf(name, row);
    }
    refuseForeignTime(id, clock());
    const asked = await understand(deps, caller, name, body);
    const row = await once(
      `${caller.projectId}/${id}`,
      () =>
        findLogged(caller.projectId, id).catch((error: unknown) => {
          // An app that can do with a lost log can do with a repetition while nothing is stored.
          if (asked.model.logPredictions === "after" && isUnavailable(error)) return undefined;
          throw error;
        }),
      () => answerAndLog(deps, asked, { id, elapsedMs }),
    );
    refuseUnlessSame(asked, row);
    return viewOf(name, row);
  };
  return (question) =>
    predict(question).catch((cause: unknown) => {
      if (!isUnavailable(cause)) throw cause;
      throw new Busy("The models can't be read at the moment", { cause, retryAfter: 1 });
    });
}

/** A prediction's place in the log follows from the time in its id. */
function refuseForeignTime(id: string, now: number): void {
  if (Math.abs(uuid7Time(id) - now) <= DAY_MS) return;
  const message = "has a time that is more than a day from now: make it when you ask";
  throw new BadRequest(`id ${message}`, { issues: [{ path: "/id", message }] });
}

/** Whom it is about, what it says, and whether somebody is there who can answer. */
async function understand(
  { directory, pool, decoding, storeInput }: PredictDeps,
  caller: Caller,
  name: string,
  { subject, inputs, version: number }: PredictionRequest,
): Promise<Asked> {
  const entry = await directory.find(caller.projectId, name);
  if (!entry) throw new ModelNotFound(name);
  const { model } = entry;
  if (number === undefined) await pool.prepare(entry);
  else {
    const version = await directory.version(model, number);
    if (!version) throw new VersionNotFound(name, number);
    await pool.preparePinned(model, version);
  }
  return {
    model,
    pinned: number ?? null,
    subjectId: subject === undefined ? null : pseudonym(caller.pseudonymKey, "user", subject),
    input: await decoding.run(() => storeInput(model, inputs)),
  };
}

async function answerAndLog(
  { pool, log, clock, findLogged }: PredictDeps,
  { model, pinned, subjectId, input }: Asked,
  { id, elapsedMs }: { id: string; elapsedMs: () => number },
): Promise<Answered<LoggedPrediction>> {
  const answer = await pool.predict(model.modelId, pinned, input);
  const row: LoggedPrediction = {
    projectId: model.projectId,
    predictionId: id,
    modelId: model.modelId,
    version: answer.version,
    learnedThrough: answer.learnedThrough,
    pinned: pinned !== null,
    subjectId,
    input,
    output: outputOf(model.classes, answer.probabilities),
    latencyMs: elapsedMs(),
    createdAt: new Date(clock()),
  };
  if (model.logPredictions === "after") return { row, ...(await log.after(row)) };
  const settled = Promise.resolve();
  if (await log.before(row)) return { row, settled };
  // Another process has answered this id meanwhile: its answer stands.
  return { row: (await findLogged(model.projectId, id)) ?? row, settled };
}

function refuseUnlessSame({ model, pinned, subjectId, input }: Asked, row: LoggedPrediction): void {
  const same =
    row.modelId === model.modelId &&
    row.subjectId === subjectId &&
    row.pinned === (pinned !== null) &&
    (pinned === null || row.version === pinned) &&
    Buffer.compare(row.input, input) === 0;
  if (same) return;
  const message = "is the id of another prediction: its inputs, subject, model or version differ";
  throw new Conflict(`${row.predictionId} ${message}`, { issues: [{ path: "/id", message }] });
}

const viewOf = (name: string, row: LoggedPrediction): PredictionAnswer => ({
  prediction_id: row.predictionId,
  model: name,
  model_version: row.version,
  learned_through: row.learnedThrough,
  output: row.output,
});
