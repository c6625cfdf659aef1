import {
  BadRequest,
  Busy,
  CHANNELS,
  type CodedError,
  ConsentNotInForce,
  ConsentPost,
  type ConsentState,
  type ConsentTokenAnswer,
  ConsentTokenPost,
  Forbidden,
  Purpose,
  SubjectRef,
} from "@groundswell/contracts";
import { type Caller, postConsent, withProject } from "@groundswell/db";
import {
  datePosted,
  type Heard,
  hearConsent,
  type IgnoredBecause,
  pseudonym,
  signConsentToken,
  WHY_IGNORED,
} from "@groundswell/feedback";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

import { askForKey, authenticate, keyInHeader } from "../authenticate.ts";
import type { IngestDeps } from "../deps.ts";
import { parseObject, readBytes } from "../read-body.ts";
import { speakerOf } from "../speaker.ts";

const MOST_BYTES = 64 * 1024;

type Request = FastifyRequest<{ Params: { subject?: string } }>;

export function consentRoutes(app: FastifyInstance, deps: IngestDeps): void {
  const options = { bodyLimit: MOST_BYTES, onRequest: askForKey(deps.findCaller) };
  for (const path of ["/api/v1/subjects/:subject", "/api/v1"]) {
    app.post(`${path}/consents`, options, (request: Request, reply) =>
      accept(deps, request, reply),
    );
    app.post(`${path}/consent-tokens`, options, (request: Request, reply) =>
      sign(deps, request, reply),
    );
  }
}

/**
 * In force before the answer: written at once, never queued behind feedback. What the speaker may
 * say is in force also where the rest is refused: a no is never lost beside a yes.
 */
async function accept(
  deps: IngestDeps,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = await authenticate(deps.findCaller, keyInHeader(request));
  const { subject, ...post } = await readPost(request, ConsentPost);
  deps.rateLimit.take(caller.keyId, 1, reply);

  const now = deps.clock();
  const subjectId = pseudonym(caller.pseudonymKey, "user", subject);
  const heard = hearConsent(post.purposes, subjectId, speakerOf(caller, request, now), post.token);
  const state = await store(deps, caller, { post, heard, subjectId, request, now });
  const refusal = whyNotAll(post.purposes, heard, state?.purposes ?? {});
  if (refusal) throw refusal;
  return reply.code(201).send(state);
}

interface Storing {
  post: Omit<z.output<typeof ConsentPost>, "subject">;
  heard: Heard;
  subjectId: string;
  request: Request;
  now: Date;
}

/** @returns undefined where nothing of it may be stored */
async function store(
  deps: IngestDeps,
  { projectId, kind, keyId }: Caller,
  { post, heard, subjectId, request, now }: Storing,
): Promise<ConsentState | undefined> {
  if (Object.keys(heard.stored).length === 0) return undefined;
  const clientId = post.id ?? idempotencyKey(request);
  const dateOf = datePosted({
    occurredAt: post.occurred_at === undefined ? undefined : new Date(post.occurred_at),
    signedAt: heard.signedAt,
    hasId: clientId !== undefined,
    now,
  });
  const { purposes, models, consentId } = await stored(deps, () =>
    withProject(deps.database, projectId, (tx) =>
      postConsent(tx, {
        projectId,
        subjectId,
        consentId: deps.newId(),
        clientId,
        purposes: heard.stored,
        dateOf,
        method: post.method ?? (heard.signedAt ? "token" : "api"),
        key: { kind, id: keyId },
        notice: post.notice,
        jurisdiction: post.jurisdiction,
        now,
      }),
    ),
  );
  deps.news.tell(CHANNELS.ledger, models);
  return { purposes: known(purposes), record_id: consentId };
}

/** What was said and is not so now: said aloud, never a 201 with the opposite. */
function whyNotAll(
  said: Record<string, boolean>,
  { stored: taken, ignored, item }: Heard,
  inForce: Record<string, boolean>,
): CodedError | undefined {
  const also = Object.values(taken).includes(false)
    ? " (the withdrawals of this post are in force)"
    : "";
  const [first] = ignored;
  if (first) return refusalOf(first.why, also);
  if (item === true || Object.entries(said).some(([p, yes]) => yes && !(p in taken)))
    return new Forbidden(`grant consent without a token${also}`);
  const issues = Object.entries(taken)
    .filter(([purpose, granted]) => inForce[purpose] !== granted)
    .map(([purpose, granted]) => ({
      path: `/purposes/${purpose}`,
      message: granted
        ? "was withdrawn since, or after this was said: to agree anew, send `occurred_at`, when the person decided, or an `id` that is new"
        : "was granted after this: to withdraw now, leave `occurred_at` out",
    }));
  const [issue] = issues;
  return issue && new ConsentNotInForce(`${issue.path}: ${issue.message}`, { issues });
}

function refusalOf(why: IgnoredBecause, also: string): CodedError {
  const message = `${WHY_IGNORED[why]}${also}`;
  if (why === "gpc") return new ConsentNotInForce(message);
  if (why === "client_key") return new Forbidden(`grant consent without a token${also}`);
  return new BadRequest(`/token: ${message}`, { issues: [{ path: "/token", message }] });
}

/** Signs what a person said in front of whoever holds the secret key, for their client to send along. */
async function sign(
  deps: IngestDeps,
  request: Request,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = await authenticate(deps.findCaller, keyInHeader(request));
  if (caller.kind !== "secret") throw new Forbidden("sign consent");
  const { subject, purposes, expires_in_s } = await readPost(request, ConsentTokenPost);
  deps.rateLimit.take(caller.keyId, 1, reply);
  const signedAt = deps.clock();
  const expiresAt = new Date(signedAt.getTime() + expires_in_s * 1_000);
  const subjectId = pseudonym(caller.pseudonymKey, "user", subject);
  const token = signConsentToken(caller.pseudonymKey, { subjectId, purposes, signedAt, expiresAt });
  const answer: ConsentTokenAnswer = { token, purposes, expires_at: expiresAt.toISOString() };
  return reply.code(201).send(answer);
}

/** Whose it is, is in the path, or in the body for an id that a path can't carry. */
async function readPost<Post extends { subject?: string | undefined }>(
  request: Request,
  schema: z.ZodType<Post>,
): Promise<Post & { subject: string }> {
  const bytes = await readBytes(request, MOST_BYTES);
  const post = checked(schema, bytes.length === 0 ? {} : parseObject(bytes), "");
  const inPath = request.params.subject;
  if (inPath === undefined)
    return { ...post, subject: checked(SubjectRef, post.subject, "/subject") };
  if (post.subject !== undefined && post.subject !== inPath) {
    const message = "is another one than in the path: name them once";
    throw new BadRequest(`/subject: ${message}`, { issues: [{ path: "/subject", message }] });
  }
  return { ...post, subject: checked(SubjectRef, inPath, "/subject") };
}

function idempotencyKey({ headers }: Request): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  return checked(ConsentPost.shape.id, String(key), "/Idempotency-Key");
}

/** Loses nothing to a database that is away for a moment: the client is asked to try again. */
async function stored<T>(deps: IngestDeps, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Error && "statusCode" in cause) throw cause;
    deps.onError(cause);
    throw new Busy("This can't be stored right now: send it again", { cause, retryAfter: 1 });
  }
}

/** @throws BadRequest that names each wrong field */
function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  at: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({
    path: [at, ...path.map(String)].join("/"),
    message,
  }));
  const [first] = issues;
  throw new BadRequest(`${first?.path || "the body"}: ${first?.message}`, { issues });
}

const known = (purposes: Record<string, boolean>): ConsentState["purposes"] =>
  Object.fromEntries(
    Object.entries(purposes).filter(([purpose]) => Purpose.safeParse(purpose).success),
  );
