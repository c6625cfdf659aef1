import type { Logger } from "@groundswell/bootstrap";
import {
  createRegistry,
  type Database,
  FenceLost,
  hasSomethingNew,
  type LearnerHold,
  recordRebase,
  type RecordedStep,
  releaseModel,
  takeSteps,
} from "@groundswell/db";
import { type ArtifactStore, CHAMPION, type ModelRecord } from "@groundswell/models";
import { openThread, type Thread } from "@groundswell/onnx";
import { voiceOf } from "@groundswell/training";

import { type Alarm, createAlarm } from "./alarm.ts";
import type { Channels } from "./channels.ts";
import { createCheckpointKeeper } from "./checkpoint-keeper.ts";
import type { LearningProtocol } from "./learning-protocol.ts";
import { keepLease, type Lease } from "./lease.ts";
import type { LearnerMetrics } from "./metrics.ts";
import { createLookAgain, type Rhythm, rhythmOf } from "./pace.ts";
import { createPublisher } from "./publisher.ts";
import { learnSteps, rebuild, settingsOf } from "./rebuild.ts";

/** New examples in one step. */
const PER_STEP = 16;
/** New examples that are taken at once. */
const MOST_TAKEN = 256;
/** News of models may be lost. */
const READ_MODEL_EVERY_MS = 1_000;

export interface ModelLearnerDeps {
  /** As `worker`. */
  database: Database;
  artifacts: ArtifactStore;
  channels: Channels;
  clock: () => Date;
  logger: Logger;
  metrics: LearnerMetrics;
  /** Of this machine, with its number of threads. */
  numericClass: string;
  checkpointEveryMs: number;
  leaseMs: number;
  idleMs: number;
}

/** What the parts of one model's learner share. */
export interface LearnerParts extends ModelLearnerDeps {
  hold: LearnerHold;
  lease: Lease;
  thread: Thread<LearningProtocol>;
}

/** One model that is held, and learns. */
export interface ModelLearner {
  /** The ledger has something new. */
  look: () => void;
  /** The model, or its champion, may have changed. */
  readModel: () => void;
  wantWhole: () => void;
  /** Writes a checkpoint and gives the model back. */
  stop: () => void;
  /** Settles when the model was put down: as asked, or because of an error; never rejects. */
  ended: Promise<"stopped" | "failed">;
}

/** @param takenAt of `performance.now()`, before the hold was asked for */
export function startModelLearner(
  deps: ModelLearnerDeps,
  hold: LearnerHold,
  takenAt: number,
): ModelLearner {
  const { database, logger, metrics } = deps;
  const alarm = createAlarm();
  const wishes = { stop: false, whole: false, model: false };
  const thread = openThread<LearningProtocol>(new URL("./learning-thread.ts", import.meta.url));
  const lease = keepLease(
    {
      ...deps,
      hold,
      onLost: (why) => {
        logger.warn({ modelId: hold.modelId, fence: hold.fence, why }, "the model is lost");
        alarm.ring();
      },
    },
    takenAt,
  );
  const wish = (what: keyof typeof wishes) => () => {
    wishes[what] = true;
    alarm.ring();
  };

  const run = async () => {
    try {
      await learnUntilStopped({ ...deps, hold, lease, thread }, alarm, wishes);
      await releaseModel(database, hold);
      return "stopped";
    } catch (error) {
      metrics.failures.inc();
      const level = error instanceof FenceLost ? "warn" : "error";
      logger[level]({ err: error, modelId: hold.modelId }, "put a model down: its record counts");
      // The lease would run out too, only later.
      if (lease.isHeld()) await releaseModel(database, hold).catch(() => {});
      return "failed";
    } finally {
      lease.close();
      await thread.close();
    }
  };
  return {
    look: () => alarm.ring(),
    readModel: wish("model"),
    wantWhole: wish("whole"),
    stop: wish("stop"),
    ended: run(),
  };
}

interface Wishes {
  stop: boolean;
  whole: boolean;
  model: boolean;
}

/** @throws whatever makes the state of the thread doubtful: its record is what counts then */
async function learnUntilStopped(parts: LearnerParts, alarm: Alarm, wishes: Wishes): Promise<void> {
  const { hold, idleMs, lease, logger } = parts;
  const found = await readModel(parts);
  const line = await rebuild(parts, found);
  logger.info({ modelId: hold.modelId, fence: hold.fence, ...line }, "took up a model");
  const checkpoints = createCheckpointKeeper(parts, line.from);
  const publisher = createPublisher(parts);
  const again = createLookAgain();
  let rhythm = rhythmOf(found.pace);
  let activeAt = performance.now();
  let readAt = -Infinity;
  // A learner that crashes faster than it writes checkpoints would have more to learn again each time.
  await checkpoints.write(line.step);

  while (!wishes.stop && lease.isHeld() && rhythm !== undefined) {
    const began = performance.now();
    if (wishes.model || began - readAt >= READ_MODEL_EVERY_MS) {
      wishes.model = false;
      readAt = began;
      const model = await readModel(parts);
      rhythm = rhythmOf(model.pace);
      if (rhythm === undefined) break;
      if (await followChampion(parts, model, line)) activeAt = began;
    }
    if (wishes.whole) publisher.wantWhole();
    wishes.whole = false;
    if (await learnWhatIsNew(parts, found, line, rhythm)) activeAt = began;
    await publisher.keepUp(line, rhythm, began);
    await checkpoints.keepUp(line.step);

    const unsaid = publisher.dueInMs(line.step, rhythm);
    if (unsaid === undefined && began - activeAt > idleMs) break;
    if (activeAt === began) again.woken();
    if (await alarm.wait(Math.min(again.next(), unsaid ?? Infinity))) {
      again.woken();
      await gather(rhythm, began, unsaid);
    }
  }
  if (lease.isHeld()) await checkpoints.write(line.step);
  await Promise.all([checkpoints.settle(), publisher.settle()]);
}

/**
 * What is new waits for more of it, and for the last round to be long enough ago; but not longer
 * than what was learned already and is not said yet.
 */
async function gather(
  { lingerMs, publishEveryMs }: Rhythm,
  lastBegan: number,
  unsaidMs = Infinity,
): Promise<void> {
  if (lingerMs === 0) return;
  const now = performance.now();
  const until = Math.max(now + lingerMs, lastBegan + publishEveryMs);
  await new Promise((resolve) => setTimeout(resolve, Math.min(until - now, unsaidMs)));
}

async function readModel({ database, hold }: LearnerParts): Promise<ModelRecord> {
  const model = await createRegistry(database, hold.projectId).findModelById(hold.modelId);
  if (!model) throw new Error(`Model ${hold.modelId} is gone`);
  return model;
}

interface Line {
  step: number;
  base: number;
  /** Whose examples are in the replay window. */
  persons: number;
}

/** @returns whether anything was learned */
async function learnWhatIsNew(
  parts: LearnerParts,
  model: ModelRecord,
  line: Line,
  { publishEveryMs }: Rhythm,
): Promise<boolean> {
  const { clock, database, hold } = parts;
  const began = performance.now();
  if (!(await hasSomethingNew(database, hold))) return false;
  for (;;) {
    const cut = { ...boundsOf(model, line), after: line.step, most: MOST_TAKEN, now: clock() };
    const steps = await takeSteps(database, hold, cut);
    if (steps.length === 0) return false;
    await learn(parts, model, line, steps);
    const took = steps.reduce((sum, { examples }) => sum + examples.length, 0);
    // With a backlog what was learned is still said in time.
    if (took < MOST_TAKEN || performance.now() - began >= publishEveryMs) return true;
  }
}

/** How many new examples go into a step, and of one person, once enough have taught. */
function boundsOf(model: ModelRecord, { persons }: Line) {
  const voice = voiceOf(settingsOf(model));
  return { perStep: PER_STEP, perPerson: persons >= voice.from ? voice.step : PER_STEP };
}

async function learn(
  parts: LearnerParts,
  model: ModelRecord,
  line: Line,
  steps: readonly RecordedStep[],
): Promise<void> {
  const { ms, persons } = await learnSteps(parts, model, steps);
  line.persons = persons ?? line.persons;
  line.step = steps.at(-1)?.step ?? line.step;
  parts.metrics.learning.observe(ms / 1_000);
  parts.metrics.steps.inc(steps.length);
  parts.metrics.examples.inc(steps.reduce((sum, { examples }) => sum + examples.length, 0));
}

/** Where the champion was moved, the weights begin anew from it. @returns whether they did */
async function followChampion(
  parts: LearnerParts,
  model: ModelRecord,
  line: Line,
): Promise<boolean> {
  const { artifacts, clock, database, hold, logger } = parts;
  const registry = createRegistry(database, hold.projectId);
  const alias = await registry.findAlias(hold.modelId, CHAMPION);
  if (!alias || alias.version === line.base) return false;
  const version = await registry.findVersion(hold.modelId, alias.version);
  if (!version) throw new Error(`Model ${hold.modelId} has no version ${alias.version}`);
  try {
    await artifacts.get(hold.projectId, version.artifact.sha256);
  } catch (error) {
    // What serves it can't either, and both stay with what they have.
    logger.error(
      { err: error, modelId: hold.modelId, version: version.number },
      "no such artifact",
    );
    return false;
  }
  const cut = { ...boundsOf(model, line), after: line.step, now: clock() };
  const steps = await recordRebase(database, hold, { ...cut, version });
  await learn(parts, model, line, steps);
  line.base = version.number;
  logger.info({ modelId: hold.modelId, ...line, caughtUp: steps.length - 1 }, "a new champion");
  return true;
}
