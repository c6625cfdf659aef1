import type { Queries } from "../database.ts";

export interface EventRow {
  projectId: string;
  receivedAt: Date;
  inboxId: number;
  item: number;
  subjectId: string | null;
  type: string;
  name: string | null;
  occurredAt: Date;
  /** JSON text that jsonb takes. */
  properties: string;
}

export async function insertEvents(tx: Queries, events: readonly EventRow[]): Promise<void> {
  await tx.query(
    `insert into events (project_id, received_at, inbox_id, item, subject_id, type, name,
       occurred_at, properties)
     select * from unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::int[], $5::uuid[],
       $6::text[], $7::text[], $8::timestamptz[], $9::jsonb[])`,
    [
      events.map((event) => event.projectId),
      events.map((event) => event.receivedAt),
      events.map((event) => event.inboxId),
      events.map((event) => event.item),
      events.map((event) => event.subjectId),
      events.map((event) => event.type),
      events.map((event) => event.name),
      events.map((event) => event.occurredAt),
      events.map((event) => event.properties),
    ],
    "insert-events",
  );
}

/** Something that was accepted and can't be used. */
export interface QuarantineRow {
  projectId: string;
  inboxId: number;
  item: number;
  code: string;
  detail: string;
  body: string;
  receivedAt: Date;
  expiresAt: Date;
}

export async function insertQuarantine(tx: Queries, rows: readonly QuarantineRow[]): Promise<void> {
  await tx.query(
    `insert into quarantine (quarantine_id, project_id, inbox_id, item, code, detail, body,
       received_at, expires_at)
     select uuidv7(), * from unnest($1::uuid[], $2::bigint[], $3::int[], $4::text[], $5::text[],
       $6::text[], $7::timestamptz[], $8::timestamptz[])
     on conflict (project_id, inbox_id, item) do nothing`,
    [
      rows.map((row) => row.projectId),
      rows.map((row) => row.inboxId),
      rows.map((row) => row.item),
      rows.map((row) => row.code),
      rows.map((row) => row.detail),
      rows.map((row) => row.body),
      rows.map((row) => row.receivedAt),
      rows.map((row) => row.expiresAt),
    ],
  );
}
