import type { CleanEvent } from "./clean-tracking.ts";

/** What a batch adds to what is known of a person. */
export interface ProfileChange {
  projectId: string;
  subjectId: string;
  events: number;
  feedback: number;
  positive: number;
  traits: Record<string, unknown>;
  /** For each trait, when it was said: the greatest stamp wins, in whatever order they come. */
  traitStamps: Record<string, string>;
  firstSeenAt: Date;
  lastSeenAt: Date;
}

/** A change that adds nothing. */
export function emptyChange(projectId: string, subjectId: string, seenAt: Date): ProfileChange {
  return {
    projectId,
    subjectId,
    events: 0,
    feedback: 0,
    positive: 0,
    traits: {},
    traitStamps: {},
    firstSeenAt: seenAt,
    lastSeenAt: seenAt,
  };
}

type Told = Pick<CleanEvent, "occurredAt" | "messageKey" | "traits">;

/** Adds one event. Folding a set of events gives the same in every order. */
export function foldEvent(change: ProfileChange, event: Told): ProfileChange {
  const stamp = stampOf(event);
  const newer = Object.entries(event.traits).filter(
    ([trait]) => (change.traitStamps[trait] ?? "") < stamp,
  );
  const seen = foldSeen(change, event.occurredAt);
  if (newer.length === 0) return { ...seen, events: change.events + 1 };
  return {
    ...seen,
    events: change.events + 1,
    traits: { ...change.traits, ...Object.fromEntries(newer) },
    traitStamps: {
      ...change.traitStamps,
      ...Object.fromEntries(newer.map(([trait]) => [trait, stamp])),
    },
  };
}

/** Adds one feedback that was not seen before. */
export function foldFeedback(
  change: ProfileChange,
  feedback: { occurredAt: Date; positive: boolean },
): ProfileChange {
  return {
    ...foldSeen(change, feedback.occurredAt),
    feedback: change.feedback + 1,
    positive: change.positive + (feedback.positive ? 1 : 0),
  };
}

function foldSeen(change: ProfileChange, at: Date): ProfileChange {
  return {
    ...change,
    firstSeenAt: at < change.firstSeenAt ? at : change.firstSeenAt,
    lastSeenAt: at > change.lastSeenAt ? at : change.lastSeenAt,
  };
}

/** Sorts by time; at the same instant by message, so that the order of processing never decides. */
const stampOf = ({ occurredAt, messageKey }: Told) =>
  `${occurredAt.toISOString()} ${messageKey ?? ""}`;
