-- Bounded voices: whose an example is, where it waits; and by which rules a step was recorded.
SET LOCAL ROLE gs_maintenance;
--> statement-breakpoint
-- Null in rows that an older build queued.
ALTER TABLE ledger_queue ADD subject_id uuid;
--> statement-breakpoint
-- How the replay window is kept from this step on (packages/training/src/online/window.ts); null in steps
-- from before there were rules: as 0.
ALTER TABLE steps ADD rules smallint;
--> statement-breakpoint
RESET ROLE;
