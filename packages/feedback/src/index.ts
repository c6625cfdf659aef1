/** The domain of feedback, without clocks and databases: who said what, may it teach, and which value counts. */
export { type CleanEvent, cleanTracking, subjectOf } from "./clean-tracking.ts";
export { type CleanFeedback, cleanFeedback } from "./clean-feedback.ts";
export {
  type Heard,
  hearConsent,
  type IgnoredBecause,
  type Speaker,
  WHY_IGNORED,
} from "./consent-authority.ts";
export { type ConsentToken, signConsentToken } from "./consent-token.ts";
export {
  consentTokenOf,
  type Decision,
  inForce,
  datePosted,
  preferencesOf,
  UNDATED,
} from "./consent.ts";
export {
  type Envelope,
  type EnvelopeHead,
  envelopeLine,
  itemsOf,
  readEnvelopes,
} from "./envelope.ts";
export { type FeedbackPlan, type KeptValue, planFeedback, type Settling } from "./feedback-plan.ts";
export type { FeedbackValue, Place } from "./feedback-value.ts";
export {
  type JoinedExample,
  judgeFeedback,
  type PredictionFacts,
  type Teaching,
  type Verdict,
} from "./join.ts";
export { electTeller, lessonOf, type LessonKey, mayTell, standing } from "./lesson.ts";
export { messageKey } from "./message-key.ts";
export { emptyChange, foldEvent, foldFeedback, type ProfileChange } from "./profile.ts";
export { type IdentityKind, pseudonym } from "./pseudonym.ts";
export type { Fault, Read } from "./fault.ts";
export { readFeedback } from "./read-feedback.ts";
export { readTracking, type TrackedMessage, type TrackingFrame } from "./read-tracking.ts";
export { type Counts, nextBlock, type Shares, type Split } from "./split.ts";
export { isWellFormed, toJsonb } from "./storable.ts";
export {
  type Counter,
  createCounter,
  NO_MODEL,
  type Tally,
  tallyBucket,
  type TallyName,
} from "./tally.ts";
