import type { Queries } from "../database.ts";

export interface MessageId {
  projectId: string;
  /** `messageKey` of `@groundswell/feedback`. */
  messageKey: string;
  receivedAt: Date;
}

/**
 * Remembers message ids. A concurrent transaction that brings one of them too is waited for.
 *
 * @param ids each once, in ascending order of project and key, so that two batches can't wait for each other
 * @returns those never seen before
 */
export function claimMessageIds(
  tx: Queries,
  ids: readonly MessageId[],
): Promise<Pick<MessageId, "projectId" | "messageKey">[]> {
  return tx.query(
    `insert into message_ids (project_id, message_key, first_received_at)
     select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
     on conflict do nothing
     returning project_id as "projectId", message_key as "messageKey"`,
    [ids.map((id) => id.projectId), ids.map((id) => id.messageKey), ids.map((id) => id.receivedAt)],
    "claim-message-ids",
  );
}
