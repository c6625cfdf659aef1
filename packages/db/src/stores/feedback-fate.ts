import type { FeedbackState, FeedbackValue } from "@groundswell/contracts";

import type { Queries } from "../database.ts";

/** What became of a feedback. */
export interface Fate {
  state: FeedbackState["state"];
  reason: string | null;
  /** The step that took it. */
  learnedAtStep: number | null;
  /** From its durable acceptance to the first publication that knows it. */
  learnedAfterMs: number | null;
}

/** As the columns of `FATE_COLUMNS` come. */
export interface FateRow {
  state: "waiting" | "joined" | "kept_out" | null;
  reason: string | null;
  split: string | null;
  excludedKind: string | null;
  step: number | null;
  learnedAfterMs: number | null;
}

/** To be selected from a feedback `f` with `FATE_JOINS`. */
export const FATE_COLUMNS = `f.state, f.reason, l.split, x.kind as "excludedKind", s.step,
  extract(epoch from p.published_at - l.accepted_at)::float8 * 1000 as "learnedAfterMs"`;

/**
 * The step that took the example `l`, under a condition. Steps are looked through from the first
 * that ended after the example on: where none took it, that would be all there are.
 */
const stepThatTook = (condition: string) => `
  select step, recorded_at from steps
  where project_id = l.project_id and model_id = l.model_id
    and last_seq >= l.seq and first_seq <= l.seq and l.seq = any(took) and ${condition}
  order by last_seq limit 1`;

/**
 * The example of a feedback `f`, the entry that excluded it, else the step that took it and its
 * publication. A promotion takes up again what the new champion has not seen: such a step was
 * recorded together with the one from which the weights began anew, and the one meant is before that.
 */
export const FATE_JOINS = `
  left join ledger l on l.project_id = f.project_id and l.model_id = f.model_id
    and l.seq = f.ledger_seq
  left join ledger x on x.project_id = l.project_id and x.model_id = l.model_id
    and x.seq = l.excluded_by
  left join ledger_queue q on q.project_id = l.project_id and q.model_id = l.model_id
    and q.seq = l.seq
  left join lateral (
    ${stepThatTook("l.split <> 'exam' and l.excluded_by is null and q.seq is null")}
  ) found on true
  left join lateral (
    select earlier.step
    from (select min(step) as step from steps
          where project_id = l.project_id and model_id = l.model_id
            and base_version is not null and recorded_at = found.recorded_at
          having count(*) > 0) anew
    cross join lateral (${stepThatTook("step < anew.step")}) earlier
  ) before on true
  left join lateral (select coalesce(before.step, found.step) as step) s on true
  left join lateral (
    select published_at from publications
    where project_id = l.project_id and model_id = l.model_id and step >= s.step
    order by step limit 1
  ) p on true`;

export function fateOf(row: FateRow): Fate {
  const keptOut = (reason: string | null): Fate => ({
    state: "kept_out",
    reason,
    learnedAtStep: null,
    learnedAfterMs: null,
  });
  if (row.state === "kept_out") return keptOut(row.reason);
  if (row.split === "exam") return keptOut("held_out");
  if (row.excludedKind === "supersede") return keptOut("superseded");
  if (row.excludedKind === "withdraw") return keptOut("consent_withdrawn");
  if (row.step !== null)
    return {
      state: "learned",
      reason: null,
      learnedAtStep: row.step,
      learnedAfterMs: row.learnedAfterMs,
    };
  return {
    state: row.state ?? "waiting",
    reason: null,
    learnedAtStep: null,
    learnedAfterMs: null,
  };
}

export interface FeedbackRecord extends Fate {
  feedbackId: string;
  predictionId: string;
  /** Null where only a correction was sent. */
  value: FeedbackValue | null;
  correction: string | null;
  occurredAt: Date;
  receivedAt: Date;
}

/** The value of a feedback id that counts, and what became of it. */
export async function findFeedback(
  tx: Queries,
  projectId: string,
  feedbackId: string,
): Promise<FeedbackRecord | undefined> {
  const [row] = await tx.query<Omit<FeedbackRecord, keyof Fate> & FateRow>(
    `select f.feedback_id as "feedbackId", f.prediction_id as "predictionId", f.value,
            f.correction, f.occurred_at as "occurredAt", f.received_at as "receivedAt",
            ${FATE_COLUMNS}
     from feedback f ${FATE_JOINS}
     where f.project_id = $1 and f.feedback_id = $2 and f.wins`,
    [projectId, feedbackId],
    "find-feedback",
  );
  if (!row) return undefined;
  const { feedbackId: id, predictionId, value, correction, occurredAt, receivedAt } = row;
  return {
    feedbackId: id,
    predictionId,
    value,
    correction,
    occurredAt,
    receivedAt,
    ...fateOf(row),
  };
}
