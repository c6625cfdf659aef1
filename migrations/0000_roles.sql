-- Roles belong to the cluster, not to one database: a second database finds them there.
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['gs_request', 'gs_accept', 'gs_worker', 'gs_maintenance'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', r);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    -- Whoever runs this connects as each of them; a superuser may anyway.
    IF NOT pg_has_role(current_user, r, 'SET') THEN
      EXECUTE format('GRANT %I TO %I', r, current_user);
    END IF;
  END LOOP;
END $$;
--> statement-breakpoint
GRANT USAGE, CREATE ON SCHEMA public TO gs_maintenance;
--> statement-breakpoint
GRANT USAGE ON SCHEMA public TO gs_request, gs_accept, gs_worker;
