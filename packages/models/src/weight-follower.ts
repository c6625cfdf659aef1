import type { Frame, FrameHeader } from "./frame.ts";

/** Which weights a server holds of a learning model. Steps count over a model's whole life. */
export interface Following {
  /** Number of the version from which this line of learning began. */
  base: number;
  /** The step that the weights held are of. */
  step: number;
  /** The highest token seen: lower ones are of learners that lost the model. */
  fence: number;
  /** The highest step taken from a frame with that token; -1 before the first. */
  seen: number;
  /** Token of the frames that these weights came in; null where they came from an artifact. */
  line: number | null;
}

/**
 * applied: these weights are to be taken · old: nothing new in it · stale_fence: of a learner that
 * lost the model · wrong_base: of another version's line · gap: it builds on something that is
 * not held, ask for the whole.
 */
export type Verdict = "applied" | "old" | "stale_fence" | "wrong_base" | "gap";

/** What is held when an artifact was loaded: at the start, or (then `before` was held) of another version. */
export function startFollowing(base: number, step: number, before?: Following): Following {
  return { base, step, fence: before?.fence ?? 0, seen: before?.seen ?? -1, line: null };
}

/**
 * Whether a frame is to be taken. What is held afterwards always equals the whole of one step:
 * changes hold every row touched after `from`, so they fit any step from there on, if both are
 * of one learner's line. A new learner, and a new line, begin with a whole.
 */
export function follow(
  held: Following,
  { kind, header }: { kind: Frame["kind"]; header: FrameHeader },
): { verdict: Verdict; held: Following } {
  const { fence, base, from, step } = header;
  if (fence < held.fence) return { verdict: "stale_fence", held };
  if (base !== held.base) return { verdict: "wrong_base", held };
  if (fence === held.fence && step <= held.seen) return { verdict: "old", held };
  const fits = kind === "whole" || (held.line === fence && from !== null && from <= held.step);
  if (fits) return { verdict: "applied", held: { base, step, fence, seen: step, line: fence } };
  const seen = fence > held.fence ? -1 : held.seen;
  return { verdict: "gap", held: { ...held, fence, seen } };
}
