import {
  BadRequest,
  Busy,
  CHANNELS,
  ConsentPost,
  type ConsentState,
  Forbidden,
  Purpose,
  SubjectRef,
} from "@groundswell/contracts";
import { postConsent, withProject } from "@groundswell/db";
import { pseudonym } from "@groundswell/feedback";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";

import { authenticate, keyInHeader } from "../authenticate.ts";
import type { IngestDeps } from "../deps.ts";
import { parseObject, readBytes } from "../read-body.ts";

const MOST_BYTES = 64 * 1024;

export function consentRoutes(app: FastifyInstance, deps: IngestDeps): void {
  app.post<{ Params: { subject: string } }>(
    "/api/v1/subjects/:subject/consents",
    { bodyLimit: MOST_BYTES },
    (request, reply) => accept(deps, request, reply),
  );
}

/** In force before the answer: written at once, never queued behind feedback. */
async function accept(
  deps: IngestDeps,
  request: FastifyRequest<{ Params: { subject: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = await authenticate(deps.findCaller, keyInHeader(request));
  const body = parseObject(await readBytes(request, MOST_BYTES));
  const subject = checked(SubjectRef, request.params.subject, "/subject");
  const post = checked(ConsentPost, body, "");
  if (caller.kind === "write" && Object.values(post.purposes).includes(true))
    throw new Forbidden("grant consent");
  deps.rateLimit.take(caller.keyId, 1, reply);

  const { projectId } = caller;
  const recordId = deps.newId();
  const { purposes, models } = await stored(deps, () =>
    withProject(deps.database, projectId, (tx) =>
      postConsent(tx, {
        projectId,
        subjectId: pseudonym(caller.pseudonymKey, "user", subject),
        consentId: recordId,
        purposes: post.purposes,
        occurredAt: post.occurred_at === undefined ? undefined : new Date(post.occurred_at),
        method: post.method ?? "api",
        notice: post.notice,
        jurisdiction: post.jurisdiction,
        now: deps.clock(),
      }),
    ),
  );
  deps.news.tell(CHANNELS.ledger, models);
  return reply.code(201).send({ purposes: known(purposes), record_id: recordId });
}

/** Loses nothing to a database that is away for a moment: the client is asked to try again. */
async function stored<T>(deps: IngestDeps, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
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
