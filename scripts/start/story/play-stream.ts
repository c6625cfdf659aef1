import {
  type App,
  type Client,
  count,
  type Expected,
  expectedOf,
  planCrowd,
  playCrowd,
  type Played,
} from "@groundswell/crowd";

import type { Terminal } from "../terminal.ts";
import { duration, percent } from "../wording.ts";
import { type Freshness, median, watchFreshness } from "./freshness.ts";

export interface StreamOptions {
  app: App;
  client: Client;
  terminal: Terminal;
  newId: () => string;
  clock: () => number;
  seed: number;
  /** Visits, decisions and mistakes a second. */
  perSecond: number;
  signal: AbortSignal;
}

export interface Streamed {
  played: Played;
  expected: Expected;
  freshness: Freshness;
  /** Of the last predictions of the stream. */
  progressive: number;
}

const LAST = 500;

/** The app's users come and go, and the model learns meanwhile. */
export async function playStream(options: StreamOptions): Promise<Streamed> {
  const { app, client, terminal, clock } = options;
  const plan = planCrowd({
    visits: app.traffic.length,
    users: app.users,
    seed: options.seed,
  });
  const watch = watchFreshness({ client, clock: () => performance.now() });
  const last: boolean[] = [];
  const progressive = () => last.filter(Boolean).length / Math.max(1, last.length);
  const began = performance.now();
  let answers = 0;
  let feedback = 0;

  const progressLine = () => {
    const seconds = (performance.now() - began) / 1_000;
    const fresh = median(watch.freshness.served);
    return [
      `  ${count(answers)} of ${count(app.traffic.length)}`,
      `${Math.round((answers + feedback) / seconds)} events/s`,
      `right ${percent(progressive())} of the last ${last.length}`,
      ...(fresh === undefined ? [] : [`learned in ${duration(fresh)}`]),
    ].join(" · ");
  };
  const played = await playCrowd({
    client,
    model: app.model,
    samples: app.traffic,
    plan,
    perSecond: options.perSecond,
    newId: options.newId,
    clock,
    signal: options.signal,
    onAnswer(answer, right) {
      answers += 1;
      last.push(right);
      if (last.length > LAST) last.shift();
      watch.onAnswer(answer.learned_through);
      terminal.progress(progressLine);
    },
    onFeedback({ id, subject, status }) {
      feedback += 1;
      if (status === "accepted" && plan.attitudes.get(subject) === "agrees") watch.onFeedback(id);
    },
  });
  await watch.finish();
  const { freshness } = watch;
  return { played, expected: expectedOf(plan), freshness, progressive: progressive() };
}
