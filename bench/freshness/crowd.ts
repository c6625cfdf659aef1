import { setTimeout as delay } from "node:timers/promises";

import { FeedbackResults, PredictionAnswer } from "@groundswell/contracts";
import { greyPng } from "@groundswell/serve/testing";
import { Pool } from "undici";

import { pixelOf, SIDE } from "../predict/bench-model.ts";
import type { Sighting } from "./hops.ts";

export interface CrowdOptions {
  serve: string;
  ingest: string;
  key: string;
  model: string;
  perSecond: number;
  seconds: number;
  /** Number of the first visit: none may be made twice. */
  first: number;
}

export interface Seen {
  /** When the answer to each feedback came. */
  acknowledged: Map<string, number>;
  sightings: Sighting[];
  /** Predictions that were asked for, in milliseconds. */
  predictionMs: number[];
}

const USERS = 400;
const LOOK_EVERY_MS = 3;

/** To a fraction of a millisecond, on the clock that the services share. */
const now = () => performance.timeOrigin + performance.now();

/** Users who ask for a prediction and at once say what it should have been, while somebody watches. */
export async function runCrowd(options: CrowdOptions): Promise<Seen> {
  const serve = new Pool(options.serve, { connections: 64 });
  const ingest = new Pool(options.ingest, { connections: 64 });
  const seen: Seen = { acknowledged: new Map(), sightings: [], predictionMs: [] };
  const headers = {
    authorization: `Bearer ${options.key}`,
    "content-type": "application/json",
  };
  const post = async (pool: Pool, path: string, body: object) => {
    const response = await pool.request({
      method: "POST",
      path,
      headers,
      body: JSON.stringify(body),
    });
    const answer: unknown = await response.body.json();
    if (response.statusCode >= 300) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
  const predict = async (body: object) => {
    const path = `/api/v1/models/${options.model}/predictions`;
    const answer = PredictionAnswer.parse(await post(serve, path, body));
    seen.sightings.push({ at: now(), learnedThrough: answer.learned_through });
    return answer;
  };
  const visit = async (n: number) => {
    const subject = `user-${n % USERS}`;
    const began = now();
    const { prediction_id } = await predict({ subject, inputs: drawing(n) });
    seen.predictionMs.push(now() - began);
    const item = {
      id: `f-${n}`,
      prediction_id,
      subject,
      value: false,
      correction: `class ${n % 10}`,
      consent: { model_training: true },
    };
    const { results } = FeedbackResults.parse(await post(ingest, "/api/v1/feedback", item));
    if (results[0]?.status !== "accepted") throw new Error(JSON.stringify(results));
    seen.acknowledged.set(item.id, now());
  };

  const total = options.perSecond * options.seconds;
  const watching = watch(() => predict({ inputs: drawing(0) }));
  const began = now();
  const visits: Promise<void>[] = [];
  for (let n = 0; n < total; n++) {
    const dueMs = began + (1_000 * n) / options.perSecond - now();
    if (dueMs > 0) await delay(dueMs);
    visits.push(visit(options.first + n));
  }
  await Promise.all(visits);
  // The last feedback is learned, published and seen meanwhile.
  await delay(2_000);
  await watching.stop();
  await Promise.all([serve.close(), ingest.close()]);
  return seen;
}

function watch(look: () => Promise<unknown>): { stop: () => Promise<void> } {
  let watching = true;
  const loop = (async () => {
    while (watching) {
      await look();
      await delay(LOOK_EVERY_MS);
    }
  })();
  return {
    stop: async () => {
      watching = false;
      await loop;
    },
  };
}

/** A ring with a mark of its own, so that no two of neighbours are alike. */
function drawing(n: number): { image: { b64: string } } {
  const png = greyPng(SIDE, (i) => (i % 197 === n % 197 ? 255 : pixelOf(i)));
  return { image: { b64: png.toString("base64") } };
}
