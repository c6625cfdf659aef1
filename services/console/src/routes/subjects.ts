import {
  BadRequest,
  FeedbackNotFound,
  SubjectNotFound,
  SubjectQuery,
  type SubjectView,
} from "@groundswell/contracts";
import {
  type ConsentDecision,
  findFeedback,
  findSubject,
  listConsents,
  type SubjectRecord,
  withProject,
} from "@groundswell/db";
import { pseudonym } from "@groundswell/feedback";
import { z } from "zod";

import { type Asked, type ContractRoutes, param } from "../contract-routes.ts";
import { pageOf, readPage } from "../cursor.ts";
import type { ConsoleDeps } from "../deps.ts";
import { feedbackView } from "../views.ts";

const ConsentKey = z.tuple([z.iso.datetime(), z.uuid(), z.string()]);

export function subjectRoutes({ on }: ContractRoutes, { database }: ConsoleDeps): void {
  on("GET /api/v1/feedback/:id", async (asked) => {
    const id = param(asked, "id");
    const { projectId } = asked.caller;
    const found = await withProject(database, projectId, (tx) => findFeedback(tx, projectId, id));
    if (!found) throw new FeedbackNotFound(id);
    return feedbackView(found);
  });

  // An id that a path can't carry goes by query.
  for (const path of ["/api/v1/subjects/:subject", "/api/v1/subjects"])
    on(`GET ${path}`, async (asked) => {
      const { projectId } = asked.caller;
      const { subject, subjectId } = whoIn(asked);
      const found = await withProject(database, projectId, (tx) =>
        findSubject(tx, projectId, subjectId),
      );
      if (!found) throw new SubjectNotFound(subject);
      return subjectView(subjectId, found);
    });

  for (const path of ["/api/v1/subjects/:subject/consents", "/api/v1/consents"])
    on(`GET ${path}`, async (asked) => {
      const { projectId } = asked.caller;
      const { subject, subjectId } = whoIn(asked);
      const { limit, before } = readPage(asked.query, ConsentKey);
      const decisions = await withProject(database, projectId, (tx) =>
        listConsents(tx, { projectId, subjectId, limit: limit + 1, before }),
      );
      if (decisions.length === 0 && !before) throw new SubjectNotFound(subject);
      return pageOf(decisions, {
        limit,
        keyOf: (one) => [one.receivedAt.toISOString(), one.consentId, one.purpose],
        view: consentView,
      });
    });
}

function subjectView(
  pseudonym: string,
  { profile, consents }: SubjectRecord,
): z.input<typeof SubjectView> {
  return {
    pseudonym,
    profile: profile && {
      events: profile.events,
      feedback: profile.feedback,
      positive: profile.positive,
      traits: profile.traits,
      first_seen_at: profile.firstSeenAt.toISOString(),
      last_seen_at: profile.lastSeenAt.toISOString(),
    },
    consents,
  };
}

const consentView = (one: ConsentDecision) => ({
  record_id: one.consentId,
  purpose: one.purpose,
  granted: one.granted,
  occurred_at: one.occurredAt.toISOString(),
  received_at: one.receivedAt.toISOString(),
  method: one.method,
  key_kind: one.keyKind,
  key_id: one.keyId,
});

/** @throws BadRequest where neither path nor query says whose */
function whoIn(asked: Asked): { subject: string; subjectId: string } {
  const inPath = asked.params["subject"];
  const parsed = SubjectQuery.safeParse(inPath === undefined ? asked.query : { subject: inPath });
  if (!parsed.success) {
    const message = "name the person: ?subject=, percent-encoded";
    throw new BadRequest(message, { issues: [{ path: "/subject", message }] });
  }
  const { subject } = parsed.data;
  return { subject, subjectId: pseudonym(asked.caller.pseudonymKey, "user", subject) };
}
