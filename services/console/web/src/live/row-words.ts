import type { LiveRow } from "@groundswell/contracts";

import type { Tone } from "../card/tag.tsx";
import { reasonWords } from "../kept-out/reasons.ts";
import { latency, NOTHING } from "../measures.ts";

export interface Said {
  /** None for what is no news. */
  tone: Tone | null;
  text: string;
  title?: string;
}

/** What the user did with a prediction. */
export function userDid({ label, feedback }: Pick<LiveRow, "label" | "feedback">): Said {
  if (!feedback) return { tone: null, text: "nothing yet" };
  const { value, correction } = feedback;
  if (correction !== null && correction !== label)
    return { tone: "warn", text: `✎ corrected to ${correction}`, title: correction };
  if (correction !== null || value === true) return { tone: "good", text: "✓ right" };
  if (value === false) return { tone: "warn", text: "✗ wrong" };
  const said = typeof value === "string" ? value : JSON.stringify(value);
  return { tone: "accent", text: `said ${said}`, title: said };
}

/** Whether it taught the model, and if not, why. */
export function taught({ feedback }: Pick<LiveRow, "feedback">): Said {
  if (!feedback) return { tone: null, text: NOTHING };
  switch (feedback.state) {
    case "learned":
      return { tone: "good", text: "✓ yes" };
    case "joined":
      return { tone: "accent", text: "… next step", title: "In the ledger, not yet learned" };
    case "waiting":
      return { tone: "off", text: "… waiting", title: "Its prediction is not stored yet" };
    case "kept_out": {
      const { short, long } = reasonWords(feedback.reason ?? "kept out");
      return { tone: "off", text: `✗ no: ${short}`, title: long };
    }
  }
}

/** From accepted feedback to weights that know it. */
export function after({ feedback }: Pick<LiveRow, "feedback">): string {
  const ms = feedback?.learned_after_ms ?? null;
  return ms === null ? NOTHING : latency(ms);
}
