-- One prediction teaches once for each person; a client's key does not outweigh the server's.
SET LOCAL ROLE gs_maintenance;
--> statement-breakpoint
-- By which key a value was sent; null in values from before: as a client's.
ALTER TABLE feedback ADD key_kind text, ADD key_id text;
--> statement-breakpoint
ALTER TABLE models ADD teaching_metrics text[] NOT NULL DEFAULT '{correct,helpful}';
--> statement-breakpoint
-- To hold predictions while it is decided what they teach; nothing of them changes.
GRANT UPDATE (latency_ms) ON predictions TO gs_worker;
--> statement-breakpoint
RESET ROLE;
