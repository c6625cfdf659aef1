import {
  emptyChange,
  foldEvent,
  foldFeedback,
  type KeptValue,
  type ProfileChange,
} from "@groundswell/feedback";

import type { PlacedEvent } from "./read-batch.ts";

/** What a batch tells of people: each once, in the order in which their profiles are locked. */
export function profileChanges(
  events: readonly PlacedEvent[],
  feedback: readonly KeptValue[],
): ProfileChange[] {
  const changes = new Map<string, ProfileChange>();
  const change = (
    projectId: string,
    subjectId: string | null,
    at: Date,
    fold: (change: ProfileChange) => ProfileChange,
  ) => {
    if (subjectId === null) return;
    const key = `${projectId} ${subjectId}`;
    changes.set(key, fold(changes.get(key) ?? emptyChange(projectId, subjectId, at)));
  };
  for (const event of events)
    change(event.projectId, event.subjectId, event.occurredAt, (before) =>
      foldEvent(before, event),
    );
  for (const { projectId, subjectId, occurredAt, value } of feedback)
    change(projectId, subjectId, occurredAt, (before) =>
      foldFeedback(before, { occurredAt, positive: value === true }),
    );
  return [...changes.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
