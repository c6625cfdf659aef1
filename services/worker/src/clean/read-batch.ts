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
  readFeedback,
  readTracking,
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
          ? takeFeedback(reading, envelope, given, item)
          : takeTracking(reading, envelope, given, item);
      if (fault) setAside(reading, fault, given, item);
      item += 1;
    }
  batch.items.push({ projectId: row.projectId, inboxId: row.inboxId, n: item });
}

function takeFeedback(
  { row, batch }: Reading,
  envelope: Envelope,
  given: unknown,
  item: number,
): Fault | undefined {
  const read = readFeedback(given);
  if (read.fault) return read.fault;
  const speaker = speakerOf(row, envelope);
  const clean = cleanFeedback(read.item, { ...row, item, ...speaker });
  batch.feedback.push({ ...clean, key: speaker.key });
  return undefined;
}

function takeTracking(
  { row, batch }: Reading,
  envelope: Envelope,
  given: unknown,
  item: number,
): Fault | undefined {
  const { projectId, receivedAt, inboxId } = row;
  const read = readTracking(given, { ...envelope, receivedAt });
  if (read.fault) return read.fault;
  const speaker = speakerOf(row, envelope);
  const event = cleanTracking(read.item, { ...row, item, ...speaker });
  batch.events.push({ ...event, projectId, receivedAt, inboxId, item, key: speaker.key });
  return undefined;
}

const speakerOf = (row: InboxRow, { key, keyId, gpc }: Envelope) => ({
  key: { kind: key, id: keyId ?? null },
  gpc: gpc === true,
  clientConsent: row.clientConsent,
});

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
