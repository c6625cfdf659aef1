import { randomUUID } from "node:crypto";

const USERS = 100_000;
const words = "the quick brown fox jumps over a lazy dog while nobody looks and then sleeps".split(
  " ",
);

/** Users are not alike: few of them send much. */
const someUser = () => `user-${Math.floor(USERS * Math.random() ** 3)}`;
const someWords = (n: number) =>
  Array.from({ length: n }, () => words[Math.floor(Math.random() * words.length)]).join(" ");

/** Who says what of which prediction. */
export interface Prediction {
  userId: string;
  predictionId: string;
}

/** Of messages, how many are feedback. */
export const FEEDBACK_SHARE = 1 / 7;

const unknownPrediction = (): Prediction => ({ userId: someUser(), predictionId: randomUUID() });

/** A message as a product app sends it, of about 800 bytes; one in seven is feedback. */
function someEvent(nextPrediction: () => Prediction): object {
  const now = new Date().toISOString();
  const isFeedback = Math.random() < FEEDBACK_SHARE;
  const { userId, predictionId } = isFeedback ? nextPrediction() : unknownPrediction();
  return {
    type: "track",
    messageId: randomUUID(),
    userId,
    event: isFeedback ? "Feedback Given" : `Article ${someWords(1)}`,
    timestamp: now,
    properties: isFeedback
      ? { prediction_id: predictionId, name: "helpful", value: Math.random() < 0.5 }
      : { article: randomUUID(), title: someWords(12), section: someWords(2), seconds: 17.25 },
    context: {
      ip: "203.0.113.7",
      locale: "en-GB",
      timezone: "Europe/London",
      userAgent:
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
      page: { path: "/articles", referrer: "https://example.com/", title: someWords(6) },
      library: { name: "analytics.js", version: "2.11.1" },
    },
    integrations: {},
    originalTimestamp: now,
  };
}

export const someBatch = (events: number, nextPrediction = unknownPrediction): object => ({
  batch: Array.from({ length: events }, () => someEvent(nextPrediction)),
  sentAt: new Date().toISOString(),
});
