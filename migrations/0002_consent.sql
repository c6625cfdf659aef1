-- Who may say yes, and when it was said (docs/adr/0011).
SET LOCAL ROLE gs_maintenance;
--> statement-breakpoint
-- What a write key's yes counts for without a token.
ALTER TABLE projects ADD client_consent text NOT NULL DEFAULT 'item' CHECK (client_consent IN ('item', 'never'));
--> statement-breakpoint
-- As find_api_key, which services of before go on using.
CREATE FUNCTION find_caller(wanted text)
  RETURNS TABLE (project_id uuid, kind text, secret_hash bytea, expires_at timestamptz, revoked_at timestamptz,
    pseudonym_key bytea, client_consent text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
  AS $$
    SELECT k.project_id, k.kind, k.secret_hash, k.expires_at, k.revoked_at, p.pseudonym_key, p.client_consent
    FROM api_keys k JOIN projects p USING (project_id) WHERE k.key_id = wanted
  $$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION find_caller(text) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION find_caller(text) TO gs_accept, gs_request, gs_worker;
--> statement-breakpoint
GRANT UPDATE (client_consent) ON projects TO gs_request;
--> statement-breakpoint
-- By which key it was said, and the post's own id.
ALTER TABLE consents ADD key_kind text, ADD key_id text, ADD client_id text;
--> statement-breakpoint
CREATE UNIQUE INDEX consents_by_client_id ON consents (project_id, client_id, purpose) WHERE client_id IS NOT NULL;
--> statement-breakpoint
-- A row for each person whose consent is spoken of where nothing may be stored yet: whoever relies on
-- a word that is not in consent_state, and whoever withdraws, locks it first.
CREATE TABLE consent_subjects (
  project_id uuid NOT NULL,
  subject_id uuid NOT NULL,
  PRIMARY KEY (project_id, subject_id)
);
--> statement-breakpoint
ALTER TABLE consent_subjects ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
ALTER TABLE consent_subjects FORCE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE POLICY request ON consent_subjects TO gs_request USING (project_id = app_project()) WITH CHECK (project_id = app_project());
--> statement-breakpoint
CREATE POLICY worker ON consent_subjects TO gs_worker USING (true) WITH CHECK (true);
--> statement-breakpoint
CREATE POLICY maintenance ON consent_subjects TO gs_maintenance USING (true) WITH CHECK (true);
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON consent_subjects TO gs_request, gs_worker;
--> statement-breakpoint
-- What its sender said of this item alone: true fills in for a missing word of the person, false (GPC) is a no.
ALTER TABLE feedback ADD item_consent boolean;
--> statement-breakpoint
-- The person never said anything: it rests on the word of the item's sender.
ALTER TABLE ledger ADD asserted boolean NOT NULL DEFAULT false;
--> statement-breakpoint
-- Of a batch that is replayed: when it came first, which is when it was said.
ALTER TABLE inbox ADD first_received_at timestamptz;
--> statement-breakpoint
RESET ROLE;
