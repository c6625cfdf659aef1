import type { Sample } from "./app.ts";
import type { Client } from "./client.ts";

export interface ExamResult {
  right: number;
  of: number;
  /** The version that answered last. */
  version: number;
  ms: number;
}

/**
 * Asks for every sample, tells nobody's name and posts no feedback, so that nothing can be learned
 * from it.
 *
 * @param version one that stays as it is; default: the champion, with what it has learned so far
 */
export async function sitExam(
  { client, model }: { client: Client; model: string },
  samples: readonly Sample[],
  version?: number,
): Promise<ExamResult> {
  const began = performance.now();
  const result = { right: 0, of: samples.length, version: version ?? 0 };
  let next = 0;
  async function pupil(): Promise<void> {
    for (let sample = samples[next++]; sample; sample = samples[next++]) {
      const answer = await client.predict(model, {
        inputs: sample.inputs,
        ...(version !== undefined && { version }),
      });
      result.version = answer.model_version;
      if (answer.output.label === sample.label) result.right += 1;
    }
  }
  await Promise.all(Array.from({ length: 32 }, pupil));
  return { ...result, ms: performance.now() - began };
}
