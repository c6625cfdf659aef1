import { z } from "zod";

import { SubjectRef } from "./names.ts";

/** RFC 9457. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof Problem>;

export const SubjectView = z.object({
  /** The pseudonym under which everything about this person is stored. */
  pseudonym: z.string(),
  profile: z
    .object({
      events: z.int(),
      feedback: z.int(),
      positive: z.int(),
      traits: z.record(z.string(), z.unknown()),
      first_seen_at: z.string(),
      last_seen_at: z.string(),
    })
    .nullable(),
  consents: z.record(z.string(), z.boolean()),
});
export type SubjectView = z.infer<typeof SubjectView>;

export const ConsentRecord = z.object({
  record_id: z.string(),
  purpose: z.string(),
  granted: z.boolean(),
  occurred_at: z.string(),
  received_at: z.string(),
  method: z.string(),
  /** Who said it: the kind of key and its id; null in records from before they were kept. */
  key_kind: z.string().nullable(),
  key_id: z.string().nullable(),
});

export const SubjectQuery = z.object({ subject: SubjectRef });

export const QuarantineRow = z.object({
  id: z.string(),
  received_at: z.string(),
  code: z.string(),
  detail: z.string(),
  /** The start of what was sent. */
  excerpt: z.string(),
});

export const DeadLetter = z.object({
  id: z.string(),
  queue: z.string(),
  reason: z.string(),
  attempts: z.int(),
  created_at: z.string(),
  replayed_at: z.string().nullable(),
});

/** A page of a list: pass `next_cursor` as `?cursor=` for the next one. */
export const page = <Row extends z.ZodType>(row: Row) =>
  z.object({ data: z.array(row), next_cursor: z.string().nullable() });

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(256).optional(),
});
