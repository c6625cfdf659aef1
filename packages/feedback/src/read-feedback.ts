import { FeedbackItem } from "@groundswell/contracts";

import { fault, faultOf, type Read } from "./fault.ts";

/** Reads one posted feedback. The same at the door and in the worker, so that both judge alike. */
export function readFeedback(given: unknown): Read<FeedbackItem> {
  const parsed = FeedbackItem.safeParse(given);
  if (!parsed.success) return { fault: faultOf("malformed", parsed.error) };
  const item = parsed.data;
  if (item.consent && item.subject === undefined)
    return fault("malformed", "/subject", "consent is somebody's: name the subject who gave it");
  return { item };
}
