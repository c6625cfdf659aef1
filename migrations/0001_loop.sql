-- The loop: from feedback on the wire to a better prediction.
--
-- Every table leads with project_id. Row-level security is forced for all of them:
--   gs_request  sees the one project named by app.project_id (SET LOCAL), else nothing
--   gs_accept   puts accepted batches into the inbox, and looks keys up through one function
--   gs_worker   mixes projects in a batch: trusted on the tables it needs, tested across tenants
--   gs_maintenance owns the tables, makes partitions ahead and drops old ones
-- No grants on partitions: read directly, they would bypass their parent's policy.
SET LOCAL ROLE gs_maintenance;
--> statement-breakpoint
CREATE FUNCTION app_project() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  -- Unset, this fails: a query without a project must not pass as "no rows".
  RETURN current_setting('app.project_id')::uuid;
--> statement-breakpoint

-- Projects and keys ---------------------------------------------------------

CREATE TABLE projects (
  project_id uuid PRIMARY KEY,
  name text NOT NULL,
  -- Makes pseudonyms of the app's user ids. Whoever has the ids and not this can't find a person.
  pseudonym_key bytea NOT NULL,
  created_at timestamptz NOT NULL
);
--> statement-breakpoint
CREATE TABLE api_keys (
  project_id uuid NOT NULL REFERENCES projects,
  key_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('secret', 'write')),
  secret_hash bytea NOT NULL,
  label text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (project_id, key_id)
);
--> statement-breakpoint
CREATE UNIQUE INDEX api_keys_by_id ON api_keys (key_id);
--> statement-breakpoint
-- The one door through which a key is looked up before its project is known.
CREATE FUNCTION find_api_key(wanted text)
  RETURNS TABLE (project_id uuid, kind text, secret_hash bytea, expires_at timestamptz, revoked_at timestamptz, pseudonym_key bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
  AS $$
    SELECT k.project_id, k.kind, k.secret_hash, k.expires_at, k.revoked_at, p.pseudonym_key
    FROM api_keys k JOIN projects p USING (project_id) WHERE k.key_id = wanted
  $$;
--> statement-breakpoint

-- Accepted, not yet understood ------------------------------------------------

CREATE TABLE inbox (
  project_id uuid NOT NULL,
  inbox_id bigint GENERATED ALWAYS AS IDENTITY,
  received_at timestamptz NOT NULL,
  items int NOT NULL CHECK (items > 0),
  attempts smallint NOT NULL DEFAULT 0,
  processed_at timestamptz,
  -- zstd of newline-delimited JSON: one envelope a line (packages/feedback/src/envelope.ts).
  body bytea NOT NULL,
  PRIMARY KEY (project_id, inbox_id, received_at)
) PARTITION BY RANGE (received_at);
--> statement-breakpoint
ALTER TABLE inbox ALTER body SET STORAGE EXTERNAL;
--> statement-breakpoint
CREATE INDEX inbox_by_id ON inbox (inbox_id);
--> statement-breakpoint
-- How much comes in, without reading the bodies.
CREATE INDEX inbox_flow ON inbox (project_id, received_at) INCLUDE (items);
--> statement-breakpoint
CREATE INDEX inbox_waiting ON inbox (received_at, inbox_id) WHERE processed_at IS NULL;
--> statement-breakpoint
CREATE TABLE dead_letters (
  project_id uuid NOT NULL,
  dead_letter_id uuid NOT NULL,
  queue text NOT NULL,
  reason text NOT NULL,
  attempts int NOT NULL,
  items int NOT NULL,
  received_at timestamptz NOT NULL,
  body bytea NOT NULL,
  created_at timestamptz NOT NULL,
  replayed_at timestamptz,
  PRIMARY KEY (project_id, dead_letter_id)
);
--> statement-breakpoint
CREATE TABLE quarantine (
  project_id uuid NOT NULL,
  quarantine_id uuid NOT NULL,
  inbox_id bigint NOT NULL,
  item int NOT NULL,
  code text NOT NULL,
  detail text NOT NULL,
  body text NOT NULL,
  received_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, quarantine_id),
  UNIQUE (project_id, inbox_id, item)
);
--> statement-breakpoint
CREATE INDEX quarantine_expiry ON quarantine (expires_at);
--> statement-breakpoint

-- Events and people -----------------------------------------------------------

-- Not by day: with the day in the key, one id across midnight would be stored twice.
CREATE TABLE message_ids (
  project_id uuid NOT NULL,
  -- First 16 bytes of SHA-256 of the message id.
  message_key uuid NOT NULL,
  first_received_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, message_key)
) PARTITION BY HASH (message_key);
--> statement-breakpoint
-- Rows come in the order of time, so that a few pages of this find the ones to forget.
CREATE INDEX message_ids_expiry ON message_ids USING brin (first_received_at);
--> statement-breakpoint
CREATE TABLE events (
  project_id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  inbox_id bigint NOT NULL,
  item int NOT NULL,
  subject_id uuid,
  type text NOT NULL,
  name text,
  occurred_at timestamptz NOT NULL,
  properties jsonb NOT NULL,
  PRIMARY KEY (project_id, received_at, inbox_id, item)
) PARTITION BY RANGE (received_at);
--> statement-breakpoint
CREATE INDEX events_by_subject ON events (project_id, subject_id, received_at);
--> statement-breakpoint
CREATE TABLE profiles (
  project_id uuid NOT NULL,
  subject_id uuid NOT NULL,
  events bigint NOT NULL DEFAULT 0,
  feedback bigint NOT NULL DEFAULT 0,
  positive bigint NOT NULL DEFAULT 0,
  traits jsonb NOT NULL DEFAULT '{}',
  -- When each trait was said, so that an older message never overwrites a newer one.
  trait_times jsonb NOT NULL DEFAULT '{}',
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, subject_id)
) WITH (fillfactor = 80);
--> statement-breakpoint
CREATE TABLE consents (
  project_id uuid NOT NULL,
  consent_id uuid NOT NULL,
  subject_id uuid NOT NULL,
  purpose text NOT NULL,
  granted boolean NOT NULL,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  method text NOT NULL,
  notice jsonb,
  jurisdiction text,
  schema_version smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (project_id, consent_id, purpose)
);
--> statement-breakpoint
CREATE INDEX consents_by_subject ON consents (project_id, subject_id, received_at);
--> statement-breakpoint
-- What is in force: the newest decision of each purpose; of two at the same instant, the no.
CREATE TABLE consent_state (
  project_id uuid NOT NULL,
  subject_id uuid NOT NULL,
  purpose text NOT NULL,
  granted boolean NOT NULL,
  decided_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, subject_id, purpose)
);
--> statement-breakpoint

-- Models -----------------------------------------------------------------------

CREATE TABLE models (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  name text NOT NULL,
  recipe text NOT NULL,
  classes text[] NOT NULL,
  config jsonb NOT NULL,
  pace text NOT NULL CHECK (pace IN ('calm', 'eager', 'off')),
  log_predictions text NOT NULL CHECK (log_predictions IN ('after', 'before')),
  gate jsonb NOT NULL,
  exam_share real NOT NULL,
  validation_share real NOT NULL,
  -- Splits subjects into train, validation and exam, each model in its own way.
  split_salt bytea NOT NULL,
  seed bigint NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, model_id),
  UNIQUE (project_id, name)
);
--> statement-breakpoint
CREATE UNIQUE INDEX models_by_id ON models (model_id);
--> statement-breakpoint
CREATE TABLE artifacts (
  project_id uuid NOT NULL,
  sha256 text NOT NULL,
  bytes bigint NOT NULL,
  kind text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, sha256)
);
--> statement-breakpoint
CREATE TABLE model_versions (
  project_id uuid NOT NULL,
  version_id uuid NOT NULL,
  model_id uuid NOT NULL,
  number int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('initial', 'online', 'batch')),
  status text NOT NULL CHECK (status IN ('ready', 'candidate', 'passed', 'refused')),
  parent int,
  run_id uuid,
  -- The step of online learning up to which it knows the ledger.
  learned_through bigint NOT NULL,
  artifact text NOT NULL,
  lineage jsonb NOT NULL,
  gate jsonb,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, version_id),
  UNIQUE (project_id, model_id, number),
  FOREIGN KEY (project_id, model_id) REFERENCES models,
  FOREIGN KEY (project_id, artifact) REFERENCES artifacts
);
--> statement-breakpoint
CREATE TABLE aliases (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  alias text NOT NULL,
  version int NOT NULL,
  revision int NOT NULL,
  PRIMARY KEY (project_id, model_id, alias),
  FOREIGN KEY (project_id, model_id, version) REFERENCES model_versions (project_id, model_id, number)
);
--> statement-breakpoint
CREATE TABLE deployments (
  project_id uuid NOT NULL,
  deployment_id uuid NOT NULL,
  model_id uuid NOT NULL,
  alias text NOT NULL,
  from_version int,
  to_version int NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, deployment_id)
);
--> statement-breakpoint
CREATE INDEX deployments_by_model ON deployments (project_id, model_id, created_at);
--> statement-breakpoint
CREATE TABLE evaluations (
  project_id uuid NOT NULL,
  evaluation_id uuid NOT NULL,
  model_id uuid NOT NULL,
  version int NOT NULL,
  split text NOT NULL,
  metrics jsonb NOT NULL,
  examples int NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, evaluation_id)
);
--> statement-breakpoint
CREATE INDEX evaluations_by_version ON evaluations (project_id, model_id, version);
--> statement-breakpoint
CREATE TABLE training_runs (
  project_id uuid NOT NULL,
  run_id uuid NOT NULL,
  model_id uuid NOT NULL,
  trigger text NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  config jsonb NOT NULL,
  seed bigint NOT NULL,
  note text,
  progress jsonb,
  dataset jsonb,
  version int,
  gate jsonb,
  error text,
  attempts int NOT NULL DEFAULT 0,
  cancel_requested boolean NOT NULL DEFAULT false,
  -- The trainer that works on it renews this; another may take over after it.
  leased_until timestamptz,
  lease_holder text,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  PRIMARY KEY (project_id, run_id),
  FOREIGN KEY (project_id, model_id) REFERENCES models
);
--> statement-breakpoint
CREATE INDEX training_runs_by_model ON training_runs (project_id, model_id, created_at);
--> statement-breakpoint
CREATE INDEX training_runs_open ON training_runs (created_at) WHERE status IN ('queued', 'running');
--> statement-breakpoint
CREATE UNIQUE INDEX training_runs_one_open ON training_runs (project_id, model_id) WHERE status IN ('queued', 'running');
--> statement-breakpoint
CREATE TABLE run_events (
  project_id uuid NOT NULL,
  run_id uuid NOT NULL,
  event_id int NOT NULL,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, run_id, event_id)
);
--> statement-breakpoint

-- Predictions and what users did with them ---------------------------------------

-- Partitioned by the time inside the UUIDv7, so that the id alone finds the row.
CREATE TABLE predictions (
  project_id uuid NOT NULL,
  prediction_id uuid NOT NULL,
  model_id uuid NOT NULL,
  version int NOT NULL,
  learned_through bigint NOT NULL,
  -- A pinned version was asked, not the champion: such an answer is never scored or learned from.
  pinned boolean NOT NULL,
  subject_id uuid,
  -- The input in the recipe's stored form: what the model saw, byte for byte.
  input bytea NOT NULL,
  label text NOT NULL,
  probability real NOT NULL,
  output jsonb NOT NULL,
  latency_ms real NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, prediction_id)
) PARTITION BY RANGE (prediction_id);
--> statement-breakpoint
CREATE INDEX predictions_by_model ON predictions (project_id, model_id, prediction_id);
--> statement-breakpoint
-- Every value of a feedback id is kept; the one with the greatest
-- (occurred_at, first received_at, inbox id, item) wins, in whatever order they come.
CREATE TABLE feedback (
  project_id uuid NOT NULL,
  feedback_id text NOT NULL,
  -- Of metric, value, correction and prediction: the same again is a retry.
  value_hash uuid NOT NULL,
  prediction_id uuid NOT NULL,
  metric text NOT NULL,
  value jsonb NOT NULL,
  correction text,
  comment text,
  subject_id uuid,
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  inbox_id bigint NOT NULL,
  item int NOT NULL,
  -- Of the values of this id, the one that counts.
  wins boolean NOT NULL DEFAULT false,
  state text NOT NULL CHECK (state IN ('waiting', 'joined', 'kept_out')),
  reason text,
  model_name text,
  -- Set when joined.
  model_id uuid,
  ledger_seq bigint,
  -- Was the logged prediction right? Scored once, on the first value, where the person agreed.
  scored_right boolean,
  scored_at timestamptz,
  PRIMARY KEY (project_id, feedback_id, value_hash)
) PARTITION BY HASH (feedback_id);
--> statement-breakpoint
CREATE INDEX feedback_waiting ON feedback (received_at) WHERE state = 'waiting';
--> statement-breakpoint
-- Two batches that bring a new id at the same moment: the second waits for the first, and then sees it.
CREATE UNIQUE INDEX feedback_wins ON feedback (project_id, feedback_id) WHERE wins;
--> statement-breakpoint
CREATE INDEX feedback_by_prediction ON feedback (project_id, prediction_id);
--> statement-breakpoint
CREATE INDEX feedback_scored ON feedback (project_id, model_id, scored_at) WHERE scored_right IS NOT NULL;
--> statement-breakpoint
CREATE INDEX feedback_by_subject ON feedback (project_id, subject_id);
--> statement-breakpoint

-- The ledger: one order of entries for each model -----------------------------------

CREATE TABLE ledger (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  kind text NOT NULL CHECK (kind IN ('example', 'supersede', 'withdraw')),
  subject_id uuid NOT NULL,
  -- Of an example:
  split text CHECK (split IN ('train', 'validation', 'exam')),
  feedback_id text,
  prediction_id uuid,
  input bytea,
  target text,
  weight real,
  -- Of a supersede: the example that no longer counts.
  refers_to bigint,
  -- Of an example: the entry after which it may not be learned from, replayed or cut into a dataset.
  excluded_by bigint,
  -- Of an example: its feedback's durable acceptance.
  accepted_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, model_id, seq),
  CHECK ((kind = 'example') = (input IS NOT NULL AND target IS NOT NULL AND split IS NOT NULL AND feedback_id IS NOT NULL))
);
--> statement-breakpoint
ALTER TABLE ledger ALTER input SET STORAGE EXTERNAL;
--> statement-breakpoint
CREATE INDEX ledger_by_subject ON ledger (project_id, subject_id) WHERE kind = 'example';
--> statement-breakpoint
CREATE INDEX ledger_by_feedback ON ledger (project_id, feedback_id) WHERE kind = 'example';
--> statement-breakpoint
-- What the single reader of a model has not taken yet. Insert order is not commit order: reading the
-- ledger by id would skip rows, deleting from this table can't.
CREATE TABLE ledger_queue (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  PRIMARY KEY (project_id, model_id, seq)
);
--> statement-breakpoint
CREATE TABLE learner_leases (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  holder text NOT NULL,
  -- Grows with each new holder; frames, steps and checkpoints carry it.
  fence bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, model_id)
);
--> statement-breakpoint
-- What each step took, committed before its weights are published: record, order and fence in one.
CREATE TABLE steps (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  step bigint NOT NULL,
  fence bigint NOT NULL,
  -- Weights begin anew from this version (a promotion or a rollback); such a step takes nothing.
  base_version int,
  -- Examples, in the order in which they are learned.
  took bigint[] NOT NULL,
  -- Examples that left the replay window at this step, before it learned.
  dropped bigint[] NOT NULL,
  -- Withdrawals and supersedes that were taken.
  entries bigint[] NOT NULL,
  first_seq bigint,
  last_seq bigint,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, model_id, step)
);
--> statement-breakpoint
CREATE INDEX steps_by_seq ON steps (project_id, model_id, last_seq);
--> statement-breakpoint
CREATE INDEX steps_anew ON steps (project_id, model_id, step) WHERE base_version IS NOT NULL;
--> statement-breakpoint
CREATE TABLE publications (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  step bigint NOT NULL,
  published_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, model_id, step)
);
--> statement-breakpoint
CREATE TABLE checkpoints (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  step bigint NOT NULL,
  fence bigint NOT NULL,
  artifact text NOT NULL,
  numeric_class text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, model_id, step),
  FOREIGN KEY (project_id, artifact) REFERENCES artifacts
);
--> statement-breakpoint

-- Counts -------------------------------------------------------------------------

-- Written in the transaction that they count: true after any crash.
CREATE TABLE tallies (
  project_id uuid NOT NULL,
  -- Nil where no model is known (a malformed message).
  model_id uuid NOT NULL,
  -- Of five seconds.
  bucket timestamptz NOT NULL,
  what text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (project_id, model_id, bucket, what)
);
--> statement-breakpoint

-- Hash partitions, the same for good; partitions by day come from maintain().
DO $$
DECLARE i int;
BEGIN
  FOR i IN 0..7 LOOP
    EXECUTE format('CREATE TABLE message_ids_%s PARTITION OF message_ids FOR VALUES WITH (MODULUS 8, REMAINDER %s)', i, i);
    EXECUTE format('CREATE TABLE feedback_%s PARTITION OF feedback FOR VALUES WITH (MODULUS 8, REMAINDER %s)', i, i);
  END LOOP;
END $$;
--> statement-breakpoint

-- The smallest UUIDv7 of an instant.
CREATE FUNCTION uuid7_floor(at timestamptz) RETURNS uuid LANGUAGE sql STABLE
  RETURN (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid;
--> statement-breakpoint
-- Makes the partitions of a day where they are missing. No default partition: a row without a home is an error to see.
CREATE FUNCTION make_day(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  from_at timestamptz := day::timestamp AT TIME ZONE 'UTC';
  to_at timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
  suffix text := to_char(day, 'YYYY_MM_DD');
BEGIN
  EXECUTE format('CREATE TABLE IF NOT EXISTS inbox_%s PARTITION OF inbox FOR VALUES FROM (%L) TO (%L)', suffix, from_at, to_at);
  EXECUTE format('CREATE TABLE IF NOT EXISTS events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)', suffix, from_at, to_at);
  EXECUTE format('CREATE TABLE IF NOT EXISTS predictions_%s PARTITION OF predictions FOR VALUES FROM (%L) TO (%L)',
    suffix, uuid7_floor(from_at), uuid7_floor(to_at));
END $$;
--> statement-breakpoint
-- Drops the days that ended before an instant. A row still waiting in the inbox keeps its day.
CREATE FUNCTION drop_days(parent regclass, ended_before timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  child record;
  dropped int := 0;
  waiting boolean;
BEGIN
  SET LOCAL lock_timeout = '2s';
  FOR child IN
    SELECT c.oid::regclass AS name, to_date(right(c.relname, 10), 'YYYY_MM_DD') AS day
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = parent
  LOOP
    CONTINUE WHEN (child.day + 1)::timestamp AT TIME ZONE 'UTC' > ended_before;
    IF parent = 'inbox'::regclass THEN
      EXECUTE format('SELECT EXISTS (SELECT FROM %s WHERE processed_at IS NULL)', child.name) INTO waiting;
      CONTINUE WHEN waiting;
    END IF;
    EXECUTE format('DROP TABLE %s', child.name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
--> statement-breakpoint

-- Who may do what -------------------------------------------------------------------

REVOKE EXECUTE ON FUNCTION find_api_key(text) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION find_api_key(text) TO gs_accept, gs_request, gs_worker;
--> statement-breakpoint
DO $$
DECLARE
  t regclass;
BEGIN
  FOR t IN
    SELECT c.oid::regclass FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY request ON %s TO gs_request USING (project_id = app_project()) WITH CHECK (project_id = app_project())', t);
    EXECUTE format('CREATE POLICY maintenance ON %s TO gs_maintenance USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT ON %s TO gs_request', t);
  END LOOP;
END $$;
--> statement-breakpoint
REVOKE SELECT ON message_ids FROM gs_request;
--> statement-breakpoint
GRANT INSERT ON api_keys, inbox, consents, consent_state, models, artifacts, model_versions, aliases, deployments,
  evaluations, training_runs, run_events, ledger, ledger_queue, tallies TO gs_request;
--> statement-breakpoint
GRANT UPDATE ON api_keys, consent_state, models, aliases, training_runs, ledger, dead_letters, tallies TO gs_request;
--> statement-breakpoint
GRANT DELETE ON ledger_queue TO gs_request;
--> statement-breakpoint
CREATE POLICY accept ON inbox FOR INSERT TO gs_accept WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY accept_returning ON inbox FOR SELECT TO gs_accept USING (true);
--> statement-breakpoint
GRANT INSERT, SELECT (project_id, inbox_id) ON inbox TO gs_accept;
--> statement-breakpoint
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['projects', 'inbox', 'dead_letters', 'quarantine', 'message_ids', 'events', 'profiles',
    'consents', 'consent_state', 'models', 'artifacts', 'model_versions', 'aliases', 'deployments', 'evaluations',
    'training_runs', 'run_events', 'predictions', 'feedback', 'ledger', 'ledger_queue', 'learner_leases', 'steps',
    'publications', 'checkpoints', 'tallies']
  LOOP
    EXECUTE format('CREATE POLICY worker ON %I TO gs_worker USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO gs_worker', t);
  END LOOP;
END $$;
--> statement-breakpoint
GRANT INSERT ON inbox, dead_letters, quarantine, message_ids, events, profiles, consents, consent_state, artifacts,
  model_versions, aliases, deployments, evaluations, run_events, predictions, feedback, ledger, ledger_queue,
  learner_leases, steps, publications, checkpoints, tallies TO gs_worker;
--> statement-breakpoint
GRANT UPDATE ON inbox, profiles, consent_state, model_versions, aliases, training_runs, feedback, ledger,
  ledger_queue, learner_leases, tallies, dead_letters TO gs_worker;
--> statement-breakpoint
GRANT DELETE ON inbox, ledger_queue, learner_leases, checkpoints, publications, artifacts TO gs_worker;
--> statement-breakpoint
RESET ROLE;
