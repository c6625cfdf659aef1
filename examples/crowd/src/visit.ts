import { setTimeout as delay } from "node:timers/promises";

import type { Act } from "./plan.ts";
import type { Play } from "./play.ts";

type Visit = Extract<Act, { kind: "visit" }>;

interface Told {
  value: boolean | string;
  correction?: string;
}

const LATE_MS = 2_000;

/**
 * A user meets a sample: asks the model, looks at the answer, and tells whether it was right.
 *
 * @returns what is still to be told later, if anything is
 */
export async function tellWhatTheyDid(
  play: Play,
  visit: Visit,
): Promise<(() => Promise<void>) | undefined> {
  const sample = play.samples[visit.sample];
  if (!sample) throw new Error(`no sample ${visit.sample}`);
  const { label } = sample;
  const predictionId = play.newId();
  const tell = createTell(play, visit, predictionId);
  if (visit.manner === "early") await tell({ value: label, correction: label });

  const answer = await play.client.predict(play.model, {
    id: predictionId,
    subject: visit.subject,
    inputs: sample.inputs,
  });
  const right = answer.output.label === label;
  play.onAnswer?.(answer, right);
  if (visit.manner === "early") return undefined;

  const opinion: Told = right ? { value: true } : { value: false, correction: label };
  switch (visit.manner) {
    case "late":
      return async () => {
        await delay(play.lateMs ?? LATE_MS);
        await tell(opinion);
      };
    case "twice":
      await tell(opinion);
      await tell(opinion);
      return undefined;
    case "corrected":
      await tell(slipOf(answer.output, label));
      await tell({ value: label, correction: label });
      return undefined;
    case "at-once":
      await tell(opinion);
      return undefined;
  }
}

/** The wrong button: the likeliest class that it is not. */
function slipOf(
  answer: { label: string; classes: readonly { label: string }[] },
  label: string,
): Told {
  const other = answer.classes.find((one) => one.label !== label);
  if (other?.label === answer.label) return { value: true };
  return other ? { value: false, correction: other.label } : { value: false };
}

/** All that is told about one prediction has one id: a later value replaces the one before. */
function createTell(play: Play, visit: Visit, predictionId: string) {
  const id = `f-${predictionId}`;
  let at = 0;
  return async ({ value, correction }: Told): Promise<void> => {
    // Two values in one millisecond would leave it to chance which one is the later.
    at = Math.max(at + 1, play.clock());
    const { results } = await play.client.feedback({
      id,
      prediction_id: predictionId,
      model: play.model,
      metric: "correct",
      value,
      ...(correction !== undefined && { correction }),
      subject: visit.subject,
      occurred_at: new Date(at).toISOString(),
    });
    const status = results[0]?.status === "accepted" ? "accepted" : "rejected";
    play.onFeedback?.({ id, subject: visit.subject, status });
  };
}
