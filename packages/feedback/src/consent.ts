import { CONSENT_EVENT, Purpose, type TrackingMessage } from "@groundswell/contracts";

/** What a person said yes or no to. What they said nothing about is not in it. */
export type Preferences = Partial<Record<Purpose, boolean>>;

/** One decision of one person about one purpose. */
export interface Decision {
  subjectId: string;
  purpose: Purpose;
  granted: boolean;
  /**
   * What it is weighed by: never after it was received, so that a clock that is ahead can't outrun a
   * later withdrawal; `UNDATED` for a yes that has no date of its own.
   */
  decidedAt: Date;
}

/** A yes that nobody dated is older than every no: it may be a retry of one from before it. */
export const UNDATED = new Date(0);

/**
 * Which of two decisions about the same thing is in force: the later one; of two at the same
 * instant, the no. The same in whatever order they come, and however often.
 */
export function inForce<D extends Pick<Decision, "granted" | "decidedAt">>(a: D, b: D): D {
  const later = b.decidedAt.getTime() - a.decidedAt.getTime();
  if (later !== 0) return later > 0 ? b : a;
  return a.granted ? b : a;
}

/** When a decision was made that was posted by itself. */
interface Posted {
  /** As its sender says. */
  occurredAt: Date | undefined;
  /** Of a yes by a token. */
  signedAt: Date | undefined;
  /** Whether the post has an id, by which a retry of it is told. */
  hasId: boolean;
  now: Date;
}

/**
 * Dates such a decision, beside the date of what is in force. A no without a date was said now; a
 * yes without one, and without an id, may be a retry of one from before a no, and does not undo it.
 */
export const datePosted =
  ({ occurredAt, signedAt, hasId, now }: Posted) =>
  (granted: boolean, before: Date | undefined): Date => {
    const said = granted ? (signedAt ?? occurredAt) : occurredAt;
    if (said) return said < now ? said : now;
    if (granted) return hasId ? now : UNDATED;
    // A no that is said now holds, even where the clock of another server is ahead of ours.
    return before && before > now ? before : now;
  };

const PURPOSES = Purpose.options;

/**
 * What a tracking message says about consent: Segment's `context.consent.categoryPreferences`,
 * RudderStack's `context.consentManagement`, and the event by which a banner tells a change of mind,
 * whose empty preferences mean no to all.
 */
export function preferencesOf(
  message: Pick<TrackingMessage, "type" | "event" | "context">,
): Preferences {
  const context = message.context ?? {};
  const segment = record(record(context["consent"])?.["categoryPreferences"]);
  const changed = message.type === "track" && message.event === CONSENT_EVENT;
  if (changed && segment && Object.keys(segment).length === 0) return all(false);
  return { ...rudderPreferences(record(context["consentManagement"])), ...booleans(segment) };
}

/** A token beside the preferences, by which a client's yes is stored. */
export function consentTokenOf({ context }: Pick<TrackingMessage, "context">): string | undefined {
  const token = record(context?.["consent"])?.["token"];
  return typeof token === "string" ? token : undefined;
}

function rudderPreferences(management: Record<string, unknown> | undefined): Preferences {
  const listed = (name: string) => {
    const ids = management?.[name];
    return Array.isArray(ids) ? PURPOSES.filter((purpose) => ids.includes(purpose)) : [];
  };
  // Denied is spread last: who is in both lists has said no.
  return { ...each(listed("allowedConsentIds"), true), ...each(listed("deniedConsentIds"), false) };
}

function booleans(preferences: Record<string, unknown> | undefined): Preferences {
  const said = PURPOSES.filter((purpose) => typeof preferences?.[purpose] === "boolean");
  return Object.fromEntries(said.map((purpose) => [purpose, preferences?.[purpose] === true]));
}

const each = (purposes: readonly Purpose[], granted: boolean): Preferences =>
  Object.fromEntries(purposes.map((purpose) => [purpose, granted]));
const all = (granted: boolean) => each(PURPOSES, granted);

const record = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
