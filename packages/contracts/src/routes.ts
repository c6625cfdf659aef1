import { z } from "zod";

import {
  ConsentPost,
  ConsentState,
  ConsentTokenAnswer,
  ConsentTokenPost,
  ProjectPatch,
  ProjectView,
} from "./consent.ts";
import { FeedbackRequest, FeedbackResults, FeedbackState } from "./feedback.ts";
import {
  AliasPut,
  AliasView,
  DeploymentView,
  ModelPut,
  ModelView,
  RollbackPost,
  VersionView,
} from "./model.ts";
import {
  ConsentRecord,
  DeadLetter,
  page,
  PageQuery,
  QuarantineRow,
  SubjectQuery,
  SubjectView,
} from "./operations.ts";
import { Backlog, LiveQuery, LiveRows, Overview } from "./overview.ts";
import { PredictionAnswer, PredictionRequest } from "./prediction.ts";
import { SignInCode } from "./sign-in.ts";
import { TrackingMessage, TrackingResults } from "./tracking.ts";
import { RunEvent, RunPost, RunView } from "./training-run.ts";

export type Service = "ingest" | "serve" | "console";

/** One public route: who answers it, and what it speaks. The front door and the OpenAPI document are made from these. */
export interface Route {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Parameters as `:name`. */
  path: string;
  service: Service;
  tag: string;
  summary: string;
  query?: z.ZodObject;
  /** Request headers that mean something here, with what they mean. */
  headers?: Readonly<Record<string, string>>;
  body?: z.ZodType;
  /** Of an event stream, the schema is that of each event's data. */
  success: { status: number; schema?: z.ZodType; contentType?: string };
  /** Problems that this route answers besides 400, 401 and 429. */
  problems?: readonly number[];
}

const batch = z.looseObject({ batch: z.array(TrackingMessage) });
const tracking = (path: string, summary: string, body: z.ZodType): Route => ({
  method: "POST",
  path,
  service: "ingest",
  tag: "events",
  summary,
  body,
  success: { status: 200, schema: TrackingResults },
  problems: [413, 503],
});

/** An id that a path can't carry (`..`, `a/b` behind some proxies, the empty text) goes by body or query. */
const whoseByBody = (path: string) => (path.includes(":subject") ? "" : " (whose: in the body)");

export const routes: readonly Route[] = [
  tracking("/v1/batch", "Many messages of the tracking API", batch),
  tracking("/v1/b", "The same, as browsers call it", batch),
  tracking("/v1/import", "The same, for messages of the past", batch),
  ...(["track", "identify", "page", "screen", "group", "alias"] as const).flatMap((type) => {
    const body = TrackingMessage.omit({ type: true });
    return [
      tracking(`/v1/${type}`, `One ${type} message`, body),
      tracking(`/v1/${type.charAt(0)}`, `One ${type} message, as browsers call it`, body),
    ];
  }),
  {
    method: "POST",
    path: "/api/v1/feedback",
    service: "ingest",
    tag: "feedback",
    summary: "What users did with predictions: one item or many, a result for each",
    body: FeedbackRequest,
    success: { status: 207, schema: FeedbackResults },
    problems: [413, 503],
  },
  ...["/api/v1/subjects/:subject/consents", "/api/v1/consents"].map((path): Route => ({
    method: "POST",
    path,
    service: "ingest",
    tag: "consent",
    summary: `A person's decision, in force before the answer${whoseByBody(path)}`,
    headers: { "Idempotency-Key": "The post's own id, as `id` in the body" },
    body: ConsentPost,
    success: { status: 201, schema: ConsentState },
    problems: [403, 409, 503],
  })),
  ...["/api/v1/subjects/:subject/consent-tokens", "/api/v1/consent-tokens"].map((path): Route => ({
    method: "POST",
    path,
    service: "ingest",
    tag: "consent",
    summary: `Sign a person's yes for a client that has a write key${whoseByBody(path)}`,
    body: ConsentTokenPost,
    success: { status: 201, schema: ConsentTokenAnswer },
    problems: [403],
  })),
  {
    method: "POST",
    path: "/api/v1/models/:model/predictions",
    service: "serve",
    tag: "predictions",
    summary: "Ask the model; the answer is logged with its version and probability",
    body: PredictionRequest,
    success: { status: 200, schema: PredictionAnswer },
    problems: [404, 413, 422, 503],
  },
  {
    method: "GET",
    path: "/api/v1/feedback/:id",
    service: "console",
    tag: "feedback",
    summary: "What became of a feedback: its state, the reason, and when it was learned",
    success: { status: 200, schema: FeedbackState },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/models",
    service: "console",
    tag: "models",
    summary: "The models of this project",
    query: PageQuery,
    success: { status: 200, schema: page(ModelView) },
  },
  {
    method: "GET",
    path: "/api/v1/models/:model",
    service: "console",
    tag: "models",
    summary: "One model",
    success: { status: 200, schema: ModelView },
    problems: [404],
  },
  {
    method: "PUT",
    path: "/api/v1/models/:model",
    service: "console",
    tag: "models",
    summary: "Make a model with its first, empty version, or change its settings",
    body: ModelPut,
    success: { status: 200, schema: ModelView },
    problems: [409],
  },
  {
    method: "GET",
    path: "/api/v1/models/:model/overview",
    service: "console",
    tag: "dashboard",
    summary: "The figures of the first screen",
    success: { status: 200, schema: Overview },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/models/:model/live",
    service: "console",
    tag: "dashboard",
    summary: "The latest predictions, and what users did",
    query: LiveQuery,
    success: { status: 200, schema: LiveRows },
    problems: [404],
  },
  {
    method: "POST",
    path: "/api/v1/models/:model/training-runs",
    service: "console",
    tag: "training",
    summary: "Fine-tune on everything that may be learned from; one run of a model at a time",
    body: RunPost,
    success: { status: 202, schema: RunView },
    problems: [404, 409],
  },
  {
    method: "GET",
    path: "/api/v1/models/:model/training-runs",
    service: "console",
    tag: "training",
    summary: "Training runs, newest first",
    query: PageQuery,
    success: { status: 200, schema: page(RunView) },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/models/:model/training-runs/:run",
    service: "console",
    tag: "training",
    summary: "One training run",
    success: { status: 200, schema: RunView },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/models/:model/training-runs/:run/events",
    service: "console",
    tag: "training",
    summary: "A run as it happens (server-sent events, resumes after Last-Event-ID)",
    headers: {
      "Last-Event-ID": "The id of the last event that you have; the ones after it follow",
    },
    success: { status: 200, schema: RunEvent, contentType: "text/event-stream" },
    problems: [404],
  },
  {
    method: "POST",
    path: "/api/v1/models/:model/training-runs/:run/cancel",
    service: "console",
    tag: "training",
    summary: "Stop a run; what it trained is dropped",
    success: { status: 202, schema: RunView },
    problems: [404, 409],
  },
  {
    method: "GET",
    path: "/api/v1/models/:model/versions",
    service: "console",
    tag: "models",
    summary: "Versions, newest first",
    query: PageQuery,
    success: { status: 200, schema: page(VersionView) },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/models/:model/versions/:version",
    service: "console",
    tag: "models",
    summary: "One version: lineage, gate, artifact",
    success: { status: 200, schema: VersionView },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/models/:model/aliases/:alias",
    service: "console",
    tag: "models",
    summary: "Where an alias points (its ETag is the revision)",
    success: { status: 200, schema: AliasView },
    problems: [404],
  },
  {
    method: "PUT",
    path: "/api/v1/models/:model/aliases/:alias",
    service: "console",
    tag: "models",
    summary: "Promote a version, if the alias is still where you saw it (If-Match)",
    headers: { "If-Match": "The ETag of the alias as you read it: its revision, in quotes" },
    body: AliasPut,
    success: { status: 200, schema: AliasView },
    problems: [404, 409, 412, 428],
  },
  {
    method: "POST",
    path: "/api/v1/models/:model/rollback",
    service: "console",
    tag: "models",
    summary: "Back to the champion before this one, as it was",
    body: RollbackPost,
    success: { status: 200, schema: AliasView },
    problems: [404, 409],
  },
  {
    method: "GET",
    path: "/api/v1/models/:model/deployments",
    service: "console",
    tag: "models",
    summary: "Every move of an alias, newest first",
    query: PageQuery,
    success: { status: 200, schema: page(DeploymentView) },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/subjects/:subject",
    service: "console",
    tag: "subjects",
    summary: "A person's profile and consents",
    success: { status: 200, schema: SubjectView },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/subjects",
    service: "console",
    tag: "subjects",
    summary: "The same, of the person that the query names",
    query: SubjectQuery,
    success: { status: 200, schema: SubjectView },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/subjects/:subject/consents",
    service: "console",
    tag: "consent",
    summary: "A person's decisions, newest first",
    query: PageQuery,
    success: { status: 200, schema: page(ConsentRecord) },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/consents",
    service: "console",
    tag: "consent",
    summary: "The same, of the person that the query names",
    query: PageQuery.extend(SubjectQuery.shape),
    success: { status: 200, schema: page(ConsentRecord) },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/project",
    service: "console",
    tag: "project",
    summary: "This project and its settings",
    success: { status: 200, schema: ProjectView },
  },
  {
    method: "PATCH",
    path: "/api/v1/project",
    service: "console",
    tag: "project",
    summary: "Change settings of this project; what is not named stays",
    body: ProjectPatch,
    success: { status: 200, schema: ProjectView },
  },
  {
    method: "POST",
    path: "/api/v1/sign-in-codes",
    service: "console",
    tag: "project",
    summary: "A code for one sign-in to the dashboard, good for two minutes: /#code=…",
    success: { status: 201, schema: SignInCode },
    problems: [403],
  },
  {
    method: "GET",
    path: "/api/v1/quarantine",
    service: "console",
    tag: "operations",
    summary: "What could not be understood, with its reason",
    query: PageQuery,
    success: { status: 200, schema: page(QuarantineRow) },
  },
  {
    method: "GET",
    path: "/api/v1/dead-letters",
    service: "console",
    tag: "operations",
    summary: "Accepted batches that failed every try",
    query: PageQuery,
    success: { status: 200, schema: page(DeadLetter) },
  },
  {
    method: "POST",
    path: "/api/v1/dead-letters/:id/replay",
    service: "console",
    tag: "operations",
    summary: "Put a dead letter back into the inbox",
    success: { status: 202, schema: DeadLetter },
    problems: [404],
  },
  {
    method: "GET",
    path: "/api/v1/backlog",
    service: "console",
    tag: "operations",
    summary: "Work that waits, for autoscalers",
    success: { status: 200, schema: Backlog },
  },
];
