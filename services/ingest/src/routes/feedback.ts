import {
  BadRequest,
  BodyTooLarge,
  type FeedbackItem,
  type ItemResult,
  wholeDigits,
} from "@groundswell/contracts";
import {
  hearConsent,
  itemsOf,
  pseudonym,
  readFeedback,
  type Speaker,
  WHY_IGNORED,
} from "@groundswell/feedback";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import { askForKey, authenticate, keyInHeader } from "../authenticate.ts";
import type { IngestDeps } from "../deps.ts";
import { parseObject, readBytes } from "../read-body.ts";
import { headOf, speakerOf } from "../speaker.ts";

const MOST_BYTES = 2 * 1024 * 1024;
const MOST_ITEMS = 2_500;

export function feedbackRoutes(app: FastifyInstance, deps: IngestDeps): void {
  const options = { bodyLimit: MOST_BYTES, onRequest: askForKey(deps.findCaller) };
  app.post("/api/v1/feedback", options, (request, reply) => accept(deps, request, reply));
}

/** Answers 207 when what is to be kept is on disk. A refused item is kept too, in quarantine. */
async function accept(
  deps: IngestDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = await authenticate(deps.findCaller, keyInHeader(request));
  const bytes = await readBytes(request, MOST_BYTES);
  const body = parseObject(bytes);
  checkList(body);
  const items = itemsOf({ kind: "feedback", body });
  deps.rateLimit.take(caller.keyId, items.length, reply);

  const speaker = speakerOf(caller, request, deps.clock());
  const results = items.map((item) => resultOf(item, speaker));
  const kept = items.filter((item) => !isDryRun(item));
  if (kept.length > 0)
    await deps.accept.add({
      kind: "feedback",
      ...headOf(speaker),
      projectId: caller.projectId,
      items: kept.length,
      json: kept.length === items.length ? bytes : writeOut(kept),
    });
  return reply.code(207).send({ results });
}

function checkList(body: Record<string, unknown>): void {
  if (!("items" in body)) return;
  const { items, ...others } = body;
  const refuse = (path: string, message: string) => {
    throw new BadRequest(`${path}: ${message}`, { issues: [{ path, message }] });
  };
  if (!Array.isArray(items) || items.length === 0)
    return refuse("/items", "a list of at least one item");
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return refuse(`/${unknown}`, "is not known beside `items`");
  if (items.length > MOST_ITEMS)
    throw new BodyTooLarge(
      `At most ${MOST_ITEMS} items a request, these are ${items.length}: send several`,
    );
}

function resultOf(given: unknown, speaker: Speaker): ItemResult {
  const { item, fault } = readFeedback(given);
  if (fault) {
    const { code, issues } = fault;
    return { id: idOf(given), status: "rejected", code, issues };
  }
  return { id: item.id, status: item.dry_run ? "valid" : "accepted", ...consentOf(item, speaker) };
}

/** What becomes of the consent in it: by the rule that the worker goes by. */
function consentOf(
  { consent, subject }: FeedbackItem,
  speaker: Speaker,
): Pick<ItemResult, "consent" | "issues"> {
  if (!consent || subject === undefined) return {};
  const { model_training, token } = consent;
  const subjectId = pseudonym(speaker.pseudonymKey, "user", subject);
  const { stored, ignored } = hearConsent({ model_training }, subjectId, speaker, token);
  const [first] = ignored;
  if (first) {
    const path = token === undefined ? "/consent" : "/consent/token";
    return { consent: "ignored", issues: [{ path, message: WHY_IGNORED[first.why] }] };
  }
  return { consent: stored.model_training === undefined ? "item" : "stored" };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function idOf(given: unknown): string | null {
  const id = isRecord(given) ? given["id"] : undefined;
  return typeof id === "string" ? id.slice(0, 128) : (wholeDigits(id, 128) ?? null);
}

const isDryRun = (given: unknown) => isRecord(given) && given["dry_run"] === true;

function writeOut(items: readonly unknown[]): Buffer {
  try {
    return Buffer.from(JSON.stringify({ items }));
  } catch (cause) {
    // Parsing has no limit of depth, writing has the stack's.
    throw new BadRequest("An item is nested too deeply", { cause });
  }
}
