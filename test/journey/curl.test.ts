import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

import {
  ConsentState,
  FeedbackResults,
  FeedbackState,
  ModelView,
  Overview,
  PredictionAnswer,
  uuid7Generator,
} from "@groundswell/contracts";
import { loadHandwriting } from "@groundswell/handwriting";
import { curlLines } from "@groundswell/scripts/curl-lines";
import { settle } from "@groundswell/scripts/story/settle";
import { afterAll, beforeAll, expect, test } from "vitest";

import { runPlatform, type RunningPlatform } from "./running-platform.ts";

const app = loadHandwriting({ traffic: 0, exam: 1, users: 1, seed: 1 });
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
if (!hasCurl) console.warn("No curl on the PATH: its five lines are not pasted");
let running: RunningPlatform;

beforeAll(async () => {
  running = await runPlatform();
});
afterAll(async () => {
  await running.stop();
});

const sh = promisify(execFile);
const paste = async (line: string): Promise<unknown> =>
  JSON.parse((await sh("/bin/sh", ["-c", line])).stdout);

test.runIf(hasCurl)(
  "the five lines that start prints work as they are pasted, one after another",
  async () => {
    const [sample] = app.exam;
    if (!sample) throw new Error("no sample");
    const client = running.connect();
    await client.call(`/api/v1/models/${app.model}`, ModelView, {
      method: "PUT",
      body: app.settings,
    });
    const lines = curlLines({
      address: running.platform.address,
      key: running.key,
      model: app.model,
      ...sample,
      predictionId: uuid7Generator(Date.now)(),
    });
    expect(lines).toHaveLength(5);
    const [consent = "", prediction = "", feedback = "", state = "", overview = ""] = lines;

    expect(ConsentState.parse(await paste(consent)).purposes).toEqual({ model_training: true });
    const answer = PredictionAnswer.parse(await paste(prediction));
    expect(answer.model_version).toBe(1);
    expect(FeedbackResults.parse(await paste(feedback)).results).toMatchObject([
      { status: "accepted" },
    ]);
    await settle({ client, model: app.model, unmatched: 0 });
    const told = FeedbackState.parse(await paste(state));
    expect(told.prediction_id).toBe(answer.prediction_id);
    // One user in ten is kept for the exam, by a salt of the model: of those nothing is learned.
    expect(["learned", "joined", "kept_out"]).toContain(told.state);
    expect(Overview.parse(await paste(overview)).feedback_total).toBe(1);
  },
);
