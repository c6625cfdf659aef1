import { FeedbackNotFound, SubjectNotFound } from "@groundswell/contracts";
import { findFeedback, findSubject, listConsents, withProject } from "@groundswell/db";
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

  on("GET /api/v1/subjects/:subject", async (asked) => {
    const { projectId } = asked.caller;
    const subjectId = subjectOf(asked);
    const found = await withProject(database, projectId, (tx) =>
      findSubject(tx, projectId, subjectId),
    );
    if (!found) throw new SubjectNotFound(param(asked, "subject"));
    const { profile, consents } = found;
    return {
      pseudonym: subjectId,
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
  });

  on("GET /api/v1/subjects/:subject/consents", async (asked) => {
    const { projectId } = asked.caller;
    const subjectId = subjectOf(asked);
    const { limit, before } = readPage(asked.query, ConsentKey);
    const decisions = await withProject(database, projectId, (tx) =>
      listConsents(tx, { projectId, subjectId, limit: limit + 1, before }),
    );
    if (decisions.length === 0 && !before) throw new SubjectNotFound(param(asked, "subject"));
    return pageOf(decisions, {
      limit,
      keyOf: (one) => [one.receivedAt.toISOString(), one.consentId, one.purpose],
      view: (one) => ({
        record_id: one.consentId,
        purpose: one.purpose,
        granted: one.granted,
        occurred_at: one.occurredAt.toISOString(),
        received_at: one.receivedAt.toISOString(),
        method: one.method,
      }),
    });
  });
}

const subjectOf = (asked: Asked) =>
  pseudonym(asked.caller.pseudonymKey, "user", param(asked, "subject"));
