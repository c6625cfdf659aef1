/**
 * The tables as TypeScript sees them. `migrations/` is what makes them (partitions, policies and
 * grants are SQL that drizzle has no words for); `schema.db.test.ts` holds the two together.
 */
import { pgCore } from "./drizzle.ts";

const {
  bigint,
  boolean,
  customType,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  timestamp,
  uuid,
} = pgCore;

const instant = (name?: string) =>
  name === undefined ? timestamp({ withTimezone: true }) : timestamp(name, { withTimezone: true });
const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

export const projects = pgTable("projects", {
  projectId: uuid("project_id").notNull().primaryKey(),
  name: text().notNull(),
  pseudonymKey: bytea("pseudonym_key").notNull(),
  clientConsent: text("client_consent").notNull().default("item"),
  createdAt: instant("created_at").notNull(),
});

export const apiKeys = pgTable(
  "api_keys",
  {
    projectId: uuid("project_id").notNull(),
    keyId: text("key_id").notNull(),
    kind: text().notNull(),
    secretHash: bytea("secret_hash").notNull(),
    label: text().notNull().default(""),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at"),
    revokedAt: instant("revoked_at"),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.keyId] })],
);

export const signInCodes = pgTable(
  "sign_in_codes",
  {
    projectId: uuid("project_id").notNull(),
    codeHash: bytea("code_hash").notNull(),
    keyId: text("key_id").notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.codeHash] })],
);

export const sessions = pgTable(
  "sessions",
  {
    projectId: uuid("project_id").notNull(),
    sessionHash: bytea("session_hash").notNull(),
    keyId: text("key_id").notNull(),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    endedAt: instant("ended_at"),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.sessionHash] })],
);

export const inbox = pgTable(
  "inbox",
  {
    projectId: uuid("project_id").notNull(),
    inboxId: bigint("inbox_id", { mode: "number" }).generatedAlwaysAsIdentity(),
    receivedAt: instant("received_at").notNull(),
    items: integer().notNull(),
    attempts: smallint().notNull().default(0),
    processedAt: instant("processed_at"),
    body: bytea().notNull(),
    firstReceivedAt: instant("first_received_at"),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.inboxId, t.receivedAt] })],
);

export const deadLetters = pgTable(
  "dead_letters",
  {
    projectId: uuid("project_id").notNull(),
    deadLetterId: uuid("dead_letter_id").notNull(),
    queue: text().notNull(),
    reason: text().notNull(),
    attempts: integer().notNull(),
    items: integer().notNull(),
    receivedAt: instant("received_at").notNull(),
    body: bytea().notNull(),
    createdAt: instant("created_at").notNull(),
    replayedAt: instant("replayed_at"),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.deadLetterId] })],
);

export const quarantine = pgTable(
  "quarantine",
  {
    projectId: uuid("project_id").notNull(),
    quarantineId: uuid("quarantine_id").notNull(),
    inboxId: bigint("inbox_id", { mode: "number" }).notNull(),
    item: integer().notNull(),
    code: text().notNull(),
    detail: text().notNull(),
    body: text().notNull(),
    receivedAt: instant("received_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.quarantineId] })],
);

export const messageIds = pgTable(
  "message_ids",
  {
    projectId: uuid("project_id").notNull(),
    messageKey: uuid("message_key").notNull(),
    firstReceivedAt: instant("first_received_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.messageKey] })],
);

export const events = pgTable(
  "events",
  {
    projectId: uuid("project_id").notNull(),
    receivedAt: instant("received_at").notNull(),
    inboxId: bigint("inbox_id", { mode: "number" }).notNull(),
    item: integer().notNull(),
    subjectId: uuid("subject_id"),
    type: text().notNull(),
    name: text(),
    occurredAt: instant("occurred_at").notNull(),
    properties: jsonb().notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.receivedAt, t.inboxId, t.item] })],
);

export const profiles = pgTable(
  "profiles",
  {
    projectId: uuid("project_id").notNull(),
    subjectId: uuid("subject_id").notNull(),
    events: bigint({ mode: "number" }).notNull().default(0),
    feedback: bigint({ mode: "number" }).notNull().default(0),
    positive: bigint({ mode: "number" }).notNull().default(0),
    traits: jsonb().notNull().default({}),
    traitTimes: jsonb("trait_times").notNull().default({}),
    firstSeenAt: instant("first_seen_at").notNull(),
    lastSeenAt: instant("last_seen_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.subjectId] })],
);

export const consents = pgTable(
  "consents",
  {
    projectId: uuid("project_id").notNull(),
    consentId: uuid("consent_id").notNull(),
    subjectId: uuid("subject_id").notNull(),
    purpose: text().notNull(),
    granted: boolean().notNull(),
    occurredAt: instant("occurred_at").notNull(),
    receivedAt: instant("received_at").notNull(),
    method: text().notNull(),
    notice: jsonb(),
    jurisdiction: text(),
    schemaVersion: smallint("schema_version").notNull().default(1),
    keyKind: text("key_kind"),
    keyId: text("key_id"),
    clientId: text("client_id"),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.consentId, t.purpose] })],
);

export const consentSubjects = pgTable(
  "consent_subjects",
  {
    projectId: uuid("project_id").notNull(),
    subjectId: uuid("subject_id").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.subjectId] })],
);

export const consentState = pgTable(
  "consent_state",
  {
    projectId: uuid("project_id").notNull(),
    subjectId: uuid("subject_id").notNull(),
    purpose: text().notNull(),
    granted: boolean().notNull(),
    decidedAt: instant("decided_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.subjectId, t.purpose] })],
);

export const models = pgTable(
  "models",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    name: text().notNull(),
    recipe: text().notNull(),
    classes: text().array().notNull(),
    config: jsonb().notNull(),
    pace: text().notNull(),
    logPredictions: text("log_predictions").notNull(),
    gate: jsonb().notNull(),
    examShare: real("exam_share").notNull(),
    validationShare: real("validation_share").notNull(),
    splitSalt: bytea("split_salt").notNull(),
    seed: bigint({ mode: "number" }).notNull(),
    teachingMetrics: text("teaching_metrics").array().notNull().default(["correct", "helpful"]),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId] })],
);

export const artifacts = pgTable(
  "artifacts",
  {
    projectId: uuid("project_id").notNull(),
    sha256: text().notNull(),
    bytes: bigint({ mode: "number" }).notNull(),
    kind: text().notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.sha256] })],
);

export const modelVersions = pgTable(
  "model_versions",
  {
    projectId: uuid("project_id").notNull(),
    versionId: uuid("version_id").notNull(),
    modelId: uuid("model_id").notNull(),
    number: integer().notNull(),
    kind: text().notNull(),
    status: text().notNull(),
    parent: integer(),
    runId: uuid("run_id"),
    learnedThrough: bigint("learned_through", { mode: "number" }).notNull(),
    artifact: text().notNull(),
    lineage: jsonb().notNull(),
    gate: jsonb(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.versionId] })],
);

export const aliases = pgTable(
  "aliases",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    alias: text().notNull(),
    version: integer().notNull(),
    revision: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId, t.alias] })],
);

export const deployments = pgTable(
  "deployments",
  {
    projectId: uuid("project_id").notNull(),
    deploymentId: uuid("deployment_id").notNull(),
    modelId: uuid("model_id").notNull(),
    alias: text().notNull(),
    fromVersion: integer("from_version"),
    toVersion: integer("to_version").notNull(),
    reason: text().notNull(),
    actor: text().notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.deploymentId] })],
);

export const evaluations = pgTable(
  "evaluations",
  {
    projectId: uuid("project_id").notNull(),
    evaluationId: uuid("evaluation_id").notNull(),
    modelId: uuid("model_id").notNull(),
    version: integer().notNull(),
    split: text().notNull(),
    metrics: jsonb().notNull(),
    examples: integer().notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.evaluationId] })],
);

export const trainingRuns = pgTable(
  "training_runs",
  {
    projectId: uuid("project_id").notNull(),
    runId: uuid("run_id").notNull(),
    modelId: uuid("model_id").notNull(),
    trigger: text().notNull(),
    status: text().notNull(),
    config: jsonb().notNull(),
    seed: bigint({ mode: "number" }).notNull(),
    note: text(),
    progress: jsonb(),
    dataset: jsonb(),
    version: integer(),
    gate: jsonb(),
    error: text(),
    attempts: integer().notNull().default(0),
    cancelRequested: boolean("cancel_requested").notNull().default(false),
    leasedUntil: instant("leased_until"),
    leaseHolder: text("lease_holder"),
    createdAt: instant("created_at").notNull(),
    startedAt: instant("started_at"),
    finishedAt: instant("finished_at"),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.runId] })],
);

export const runEvents = pgTable(
  "run_events",
  {
    projectId: uuid("project_id").notNull(),
    runId: uuid("run_id").notNull(),
    eventId: integer("event_id").notNull(),
    body: jsonb().notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.runId, t.eventId] })],
);

export const predictions = pgTable(
  "predictions",
  {
    projectId: uuid("project_id").notNull(),
    predictionId: uuid("prediction_id").notNull(),
    modelId: uuid("model_id").notNull(),
    version: integer().notNull(),
    learnedThrough: bigint("learned_through", { mode: "number" }).notNull(),
    pinned: boolean().notNull(),
    subjectId: uuid("subject_id"),
    input: bytea().notNull(),
    label: text().notNull(),
    probability: real().notNull(),
    output: jsonb().notNull(),
    latencyMs: real("latency_ms").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.predictionId] })],
);

export const feedback = pgTable(
  "feedback",
  {
    projectId: uuid("project_id").notNull(),
    feedbackId: text("feedback_id").notNull(),
    valueHash: uuid("value_hash").notNull(),
    predictionId: uuid("prediction_id").notNull(),
    metric: text().notNull(),
    value: jsonb().notNull(),
    correction: text(),
    comment: text(),
    subjectId: uuid("subject_id"),
    occurredAt: instant("occurred_at").notNull(),
    receivedAt: instant("received_at").notNull(),
    inboxId: bigint("inbox_id", { mode: "number" }).notNull(),
    item: integer().notNull(),
    wins: boolean().notNull().default(false),
    state: text().notNull(),
    reason: text(),
    modelName: text("model_name"),
    modelId: uuid("model_id"),
    ledgerSeq: bigint("ledger_seq", { mode: "number" }),
    scoredRight: boolean("scored_right"),
    scoredAt: instant("scored_at"),
    itemConsent: boolean("item_consent"),
    keyKind: text("key_kind"),
    keyId: text("key_id"),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.feedbackId, t.valueHash] })],
);

export const ledger = pgTable(
  "ledger",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    seq: bigint({ mode: "number" }).generatedAlwaysAsIdentity(),
    kind: text().notNull(),
    subjectId: uuid("subject_id").notNull(),
    split: text(),
    feedbackId: text("feedback_id"),
    predictionId: uuid("prediction_id"),
    input: bytea(),
    target: text(),
    weight: real(),
    refersTo: bigint("refers_to", { mode: "number" }),
    excludedBy: bigint("excluded_by", { mode: "number" }),
    acceptedAt: instant("accepted_at"),
    createdAt: instant("created_at").notNull(),
    asserted: boolean().notNull().default(false),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId, t.seq] })],
);

export const ledgerQueue = pgTable(
  "ledger_queue",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    seq: bigint({ mode: "number" }).notNull(),
    kind: text().notNull(),
    subjectId: uuid("subject_id"),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId, t.seq] })],
);

export const learnerLeases = pgTable(
  "learner_leases",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    holder: text().notNull(),
    fence: bigint({ mode: "number" }).notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId] })],
);

export const steps = pgTable(
  "steps",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    step: bigint({ mode: "number" }).notNull(),
    fence: bigint({ mode: "number" }).notNull(),
    baseVersion: integer("base_version"),
    took: bigint({ mode: "number" }).array().notNull(),
    dropped: bigint({ mode: "number" }).array().notNull(),
    entries: bigint({ mode: "number" }).array().notNull(),
    firstSeq: bigint("first_seq", { mode: "number" }),
    lastSeq: bigint("last_seq", { mode: "number" }),
    rules: smallint(),
    recordedAt: instant("recorded_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId, t.step] })],
);

export const publications = pgTable(
  "publications",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    step: bigint({ mode: "number" }).notNull(),
    publishedAt: instant("published_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId, t.step] })],
);

export const checkpoints = pgTable(
  "checkpoints",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    step: bigint({ mode: "number" }).notNull(),
    fence: bigint({ mode: "number" }).notNull(),
    artifact: text().notNull(),
    numericClass: text("numeric_class").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId, t.step] })],
);

export const tallies = pgTable(
  "tallies",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    bucket: instant().notNull(),
    what: text().notNull(),
    n: bigint({ mode: "number" }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId, t.bucket, t.what] })],
);

export const assignments = pgTable(
  "assignments",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    subjectId: uuid("subject_id").notNull(),
    split: text().notNull(),
    assignedAt: instant("assigned_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId, t.subjectId] })],
);

export const assignmentBlocks = pgTable(
  "assignment_blocks",
  {
    projectId: uuid("project_id").notNull(),
    modelId: uuid("model_id").notNull(),
    train: integer().notNull().default(0),
    validation: integer().notNull().default(0),
    exam: integer().notNull().default(0),
    pending: text().array().notNull().default([]),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.modelId] })],
);
