import { FeedbackResults } from "@groundswell/contracts";

import type { Act, Mistake } from "./plan.ts";
import type { Play, PostedFeedback } from "./play.ts";
import { Refused } from "./problem.ts";

/** Posts what makes no sense. Each costs only itself: see what the platform answers. */
export async function makeMistake(
  { client, newId }: Play,
  { mistake, subject }: Extract<Act, { kind: "mistake" }>,
): Promise<PostedFeedback> {
  const id = `m-${newId()}`;
  const body = { id, prediction_id: newId(), metric: "correct", value: true, subject };
  try {
    const { body: answer } = await client.call("/api/v1/feedback", FeedbackResults, {
      method: "POST",
      body: bodyOf(mistake, body),
    });
    const accepted = answer.results[0]?.status === "accepted";
    return { id, subject, status: accepted ? "accepted" : "rejected" };
  } catch (error) {
    if (error instanceof Refused && error.status === 400)
      return { id, subject, status: "unreadable" };
    throw error;
  }
}

function bodyOf(mistake: Mistake, body: Record<string, unknown>): unknown {
  switch (mistake) {
    case "not-json":
      return "thumbs up!!";
    case "wrong-type":
      return { ...body, value: { stars: 5 } };
    case "nothing-named": {
      const { prediction_id: _missing, ...rest } = body;
      return rest;
    }
    case "unknown-prediction":
      return body;
  }
}
