-- Which part of a model's data a person belongs to: placed in balanced blocks at first sight, for good.
SET LOCAL ROLE gs_maintenance;
--> statement-breakpoint
CREATE TABLE assignments (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  subject_id uuid NOT NULL,
  split text NOT NULL CHECK (split IN ('train', 'validation', 'exam')),
  assigned_at timestamptz NOT NULL,
  PRIMARY KEY (project_id, model_id, subject_id)
);
--> statement-breakpoint
-- Of each model: how many were placed in each part, and the rest of the block that is being filled.
CREATE TABLE assignment_blocks (
  project_id uuid NOT NULL,
  model_id uuid NOT NULL,
  train int NOT NULL DEFAULT 0,
  validation int NOT NULL DEFAULT 0,
  exam int NOT NULL DEFAULT 0,
  pending text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (project_id, model_id)
);
--> statement-breakpoint
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['assignments', 'assignment_blocks'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY request ON %I TO gs_request USING (project_id = app_project()) WITH CHECK (project_id = app_project())', t);
    EXECUTE format('CREATE POLICY worker ON %I TO gs_worker USING (true) WITH CHECK (true)', t);
    EXECUTE format('CREATE POLICY maintenance ON %I TO gs_maintenance USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT ON %I TO gs_request', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO gs_worker', t);
  END LOOP;
END $$;
--> statement-breakpoint
RESET ROLE;
