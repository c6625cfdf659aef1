-- The dashboard's address holds a code for one sign-in, and its browser a session: never a key.
SET LOCAL ROLE gs_maintenance;
--> statement-breakpoint
CREATE TABLE sign_in_codes (
  project_id uuid NOT NULL,
  code_hash bytea NOT NULL,
  -- The key that made it: where it is revoked, what came of it ends.
  key_id text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (project_id, code_hash)
);
--> statement-breakpoint
CREATE UNIQUE INDEX sign_in_codes_by_hash ON sign_in_codes (code_hash);
--> statement-breakpoint
CREATE TABLE sessions (
  project_id uuid NOT NULL,
  session_hash bytea NOT NULL,
  key_id text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (project_id, session_hash)
);
--> statement-breakpoint
CREATE UNIQUE INDEX sessions_by_hash ON sessions (session_hash);
--> statement-breakpoint
DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['sign_in_codes', 'sessions'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY request ON %I TO gs_request USING (project_id = app_project()) WITH CHECK (project_id = app_project())', t);
    EXECUTE format('CREATE POLICY maintenance ON %I TO gs_maintenance USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO gs_request', t);
  END LOOP;
END $$;
--> statement-breakpoint
GRANT UPDATE (ended_at) ON sessions TO gs_request;
--> statement-breakpoint
-- Takes a code once, whoever asks at the same time, and opens a session with it. The outcome is
-- 'opened', or why not: 'used', 'expired', 'unknown'.
CREATE FUNCTION redeem_sign_in_code(wanted bytea, session bytea, at timestamptz, until timestamptz)
  RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
  AS $$
  DECLARE
    code sign_in_codes%ROWTYPE;
  BEGIN
    UPDATE sign_in_codes c SET used_at = at
      WHERE c.code_hash = wanted AND c.used_at IS NULL AND c.expires_at > at
      RETURNING c.* INTO code;
    IF NOT FOUND THEN
      SELECT c.* INTO code FROM sign_in_codes c WHERE c.code_hash = wanted;
      RETURN CASE WHEN NOT FOUND THEN 'unknown' WHEN code.used_at IS NOT NULL THEN 'used' ELSE 'expired' END;
    END IF;
    INSERT INTO sessions (project_id, session_hash, key_id, created_at, expires_at)
      VALUES (code.project_id, session, code.key_id, at, until);
    -- What is over is remembered for a day, to be told apart from what never was.
    DELETE FROM sign_in_codes c WHERE c.expires_at < at - interval '1 day';
    DELETE FROM sessions s WHERE s.expires_at < at - interval '1 day';
    RETURN 'opened';
  END $$;
--> statement-breakpoint
-- As find_caller: a session is looked up before its project is known. The key that it came from still counts.
CREATE FUNCTION find_session(wanted bytea)
  RETURNS TABLE (project_id uuid, key_id text, kind text, expires_at timestamptz, ended_at timestamptz,
    key_expires_at timestamptz, revoked_at timestamptz, pseudonym_key bytea, client_consent text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
  AS $$
    SELECT s.project_id, s.key_id, k.kind, s.expires_at, s.ended_at, k.expires_at, k.revoked_at,
      p.pseudonym_key, p.client_consent
    FROM sessions s JOIN api_keys k USING (project_id, key_id) JOIN projects p USING (project_id)
    WHERE s.session_hash = wanted
  $$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION redeem_sign_in_code(bytea, bytea, timestamptz, timestamptz), find_session(bytea) FROM PUBLIC;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION redeem_sign_in_code(bytea, bytea, timestamptz, timestamptz), find_session(bytea) TO gs_request;
--> statement-breakpoint
RESET ROLE;
