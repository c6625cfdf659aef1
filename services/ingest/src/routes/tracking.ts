import {
  BadRequest,
  BodyTooLarge,
  TRACKING_LIMITS,
  type TrackingMessage,
  wholeDigits,
} from "@groundswell/contracts";
import {
  consentTokenOf,
  hearConsent,
  isWellFormed,
  itemsOf,
  preferencesOf,
  pseudonym,
  readTracking,
  type Speaker,
  subjectOf,
  type TrackingFrame,
  WHY_IGNORED,
} from "@groundswell/feedback";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { askForKey, authenticate, keyInHeader, keyInQuery } from "../authenticate.ts";
import type { IngestDeps } from "../deps.ts";
import { parseObject, readBytes } from "../read-body.ts";
import { headOf, speakerOf } from "../speaker.ts";

const SINGLE = ["track", "identify", "page", "screen", "group", "alias"] as const;

/** The tracking API of Segment and RudderStack, as their clients speak it. */
export function trackingRoutes(app: FastifyInstance, deps: IngestDeps): void {
  const options = {
    bodyLimit: TRACKING_LIMITS.batchBytes,
    onRequest: askForKey(deps.findCaller, { elsewhere: true }),
  };
  for (const path of ["/v1/batch", "/v1/b", "/v1/import"])
    app.post(path, options, (request, reply) => accept(deps, request, reply));
  for (const type of SINGLE)
    for (const path of [`/v1/${type}`, `/v1/${type.charAt(0)}`])
      app.post(path, options, (request, reply) => accept(deps, request, reply, type));
}

/** Answers exactly 200 when everything that can be kept is on disk: some clients take nothing else for success. */
async function accept(
  deps: IngestDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  type?: TrackingMessage["type"],
): Promise<FastifyReply> {
  const json = await readBytes(request, TRACKING_LIMITS.batchBytes);
  const body = parseObject(json);
  const inBody = typeof body["writeKey"] === "string" ? body["writeKey"] : undefined;
  const key = keyInHeader(request) ?? inBody ?? keyInQuery(request);
  const caller = await authenticate(deps.findCaller, key);
  if (type === undefined) checkBatch(body["batch"]);

  const head = { kind: "tracking" as const, ...(type && { type }) };
  const items = itemsOf({ ...head, body });
  deps.rateLimit.take(caller.keyId, items.length, reply);
  const speaker = speakerOf(caller, request, deps.clock());
  const frame = { ...(type && { type }), body, receivedAt: speaker.receivedAt };
  const mayBeHalf = json.includes(String.raw`\ud`) || json.includes(String.raw`\uD`);
  const results = items.map((item) => resultOf(item, frame, speaker, mayBeHalf));
  await deps.accept.add({
    ...head,
    ...headOf(speaker),
    projectId: caller.projectId,
    items: items.length,
    json,
  });
  return reply.type("application/json").send(`{"success":true,"results":[${results.join(",")}]}`);
}

function checkBatch(batch: unknown): asserts batch is unknown[] {
  if (!Array.isArray(batch) || batch.length === 0)
    throw new BadRequest("`batch` must be a list of messages", {
      issues: [{ path: "/batch", message: "a list of at least one message" }],
    });
  const most = TRACKING_LIMITS.batchEvents;
  if (batch.length > most)
    throw new BodyTooLarge(
      `A batch may have ${most} messages, this one has ${batch.length}: send several (clients drop a refused batch)`,
    );
}

/** What becomes of a message, as JSON text. One that is dropped is kept in quarantine with the reason. */
function resultOf(
  given: unknown,
  frame: TrackingFrame,
  speaker: Speaker,
  /** Whether surrogates are escaped somewhere: whole pairs, or halves. */
  mayBeHalf: boolean,
): string {
  const { item, fault } = readTracking(given, frame);
  if (fault) {
    const id = isRecord(given) ? given["messageId"] : undefined;
    const messageId = typeof id === "string" ? id : (wholeDigits(id, 256) ?? null);
    return JSON.stringify({ messageId, result: "drop", detail: fault.detail });
  }
  const { message } = item;
  const warnings = [
    ...(message.messageId === undefined ? ["no messageId: sent again, it would count twice"] : []),
    ...(mayBeHalf && !isWellFormed(message)
      ? ["halves of surrogate pairs are no Unicode text: kept as U+FFFD"]
      : []),
    ...consentWarnings(message, speaker),
  ];
  const messageId = JSON.stringify(message.messageId ?? null);
  if (warnings.length === 0) return `{"messageId":${messageId},"result":"ok"}`;
  return `{"messageId":${messageId},"result":"warning","detail":${JSON.stringify(warnings.join("; "))}}`;
}

/** By the rule that the worker goes by. Whose it is makes no difference to it but with a token. */
function consentWarnings(item: TrackingMessage, speaker: Speaker): string[] {
  if (item.context?.["consent"] === undefined && !item.context?.["consentManagement"]) return [];
  const subject = subjectOf(item);
  const subjectId = subject ? pseudonym(speaker.pseudonymKey, subject.kind, subject.value) : "";
  const heard = hearConsent(preferencesOf(item), subjectId, speaker, consentTokenOf(item));
  const { ignored, item: ofItem } = heard;
  return [
    ...ignored.map(({ purpose, why }) => `consent to ${purpose}: ${WHY_IGNORED[why]}`),
    ...(ofItem ? ["consent of a write key counts for this message alone"] : []),
  ];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
