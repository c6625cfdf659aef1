import type { InboxRow, QuarantineRow } from "@groundswell/db";
import {
  type CleanEvent,
  cleanFeedback,
  type CleanFeedback,
  cleanTracking,
  type Envelope,
  type Fault,
  itemsOf,
  type Place,
  readEnvelopes,
  readFeedbackItem,
  readTrackingMessage,
  type Speaker,
} from "@groundswell/feedback";

/** An event, and where it came in. */
export type PlacedEvent = CleanEvent & Place & { projectId: string; key: Speaker["key"] };
type PlacedFeedback = CleanFeedback & { key: Speaker["key"] };

/** What rows of the inbox say, before anything is known of what was said before. */
export interface Batch {
  events: PlacedEvent[];
  feedback: PlacedFeedback[];
  quarantined: QuarantineRow[];
  /** Items of each row, dry runs left out. */
  items: { projectId: string; inboxId: number; n: number }[];
}

interface Reading {
  row: InboxRow;
  batch: Batch;
  expiresAt: Date;
}

const QUARANTINE_DAYS = 30;
const DAY_MS = 86_400_000;

/**
 * Understands rows of the inbox, item by item: what can't be understood is set aside, and costs its
 * neighbours nothing.
 *
 * @throws Error for a row that is not what the accept path writes
 */
export function readBatch(rows: readonly InboxRow[]): Batch {
  const batch: Batch = { events: [], feedback: [], quarantined: [], items: [] };
  for (const row of rows) {
    const expiresAt = new Date(row.receivedAt.getTime() + QUARANTINE_DAYS * DAY_MS);
    readRow({ row, batch, expiresAt });
  }
  return batch;
}

function readRow(reading: Reading): void {
  const { row, batch } = reading;
  let item = 0;
  for (const envelope of readEnvelopes(row.body))
    for (const given of itemsOf(envelope)) {
      const fault =
        envelope.kind === "feedback"
          ? readFeedback(reading, envelope, given, item)
          : readTracking(reading, envelope, given, item);
      if (fault) setAside(reading, fault, given, item);
      item += 1;
    }
  batch.items.push({ projectId: row.projectId, inboxId: row.inboxId, n: item });
}

function readFeedback(
  { row, batch }: Reading,
  envelope: Envelope,
  given: unknown,
  item: number,
): Fault | undefined {
  const read = readFeedbackItem(given);
  if (read.fault) return read.fault;
  const speaker = speakerOf(row, envelope);
  const clean = cleanFeedback(read.item, { ...row, item, ...speaker });
  batch.feedback.push({ ...clean, key: speaker.key });
  return undefined;
}

function readTracking(
  { row, batch }: Reading,
  envelope: Envelope,
  given: unknown,
  item: number,
): Fault | undefined {
  const read = readTrackingMessage(withDefaults(given, envelope));
  if (read.fault) return read.fault;
  const sentAt = sentAtOf(envelope.body);
  const speaker = speakerOf(row, envelope);
  const clean = cleanTracking(read.item, { ...row, item, ...speaker, sentAt });
  if (clean.fault) return clean.fault;
  const { projectId, receivedAt, inboxId } = row;
  batch.events.push({ ...clean.event, projectId, receivedAt, inboxId, item, key: speaker.key });
  return undefined;
}

const speakerOf = (row: InboxRow, { key, keyId, gpc }: Envelope) => ({
  key: { kind: key, id: keyId ?? null },
  gpc: gpc === true,
  clientConsent: row.clientConsent,
});

/** `/v1/track` says the type in its path; a batch may say a context for all of its messages. */
function withDefaults(given: unknown, { type, body }: Envelope): unknown {
  if (!isRecord(given)) return given;
  const context = given !== body && isRecord(body) ? body["context"] : undefined;
  if (type === undefined && context === undefined) return given;
  return { ...(type && { type }), ...(isRecord(context) && { context }), ...given };
}

function sentAtOf(body: unknown): string | null {
  const sentAt = isRecord(body) ? body["sentAt"] : undefined;
  return typeof sentAt === "string" ? sentAt : null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const MOST_KEPT = 64 * 1024;

function setAside({ row, batch, expiresAt }: Reading, fault: Fault, given: unknown, item: number) {
  const body = writeOut(given);
  const cut = body.length > MOST_KEPT;
  batch.quarantined.push({
    projectId: row.projectId,
    inboxId: row.inboxId,
    item,
    code: fault.code,
    detail: cut ? `${fault.detail} (cut: it had ${body.length} characters)` : fault.detail,
    body: cut ? body.slice(0, MOST_KEPT) : body,
    receivedAt: row.receivedAt,
    expiresAt,
  });
}

/** JSON text: what PostgreSQL can't store as text, NUL, is escaped in it. */
function writeOut(given: unknown): string {
  try {
    return JSON.stringify(given);
  } catch (error) {
    // Parsing has no limit of depth, writing has the stack's.
    if (error instanceof RangeError) return '"(nested too deeply to be written)"';
    throw error;
  }
}
