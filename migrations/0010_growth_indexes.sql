-- Reads of one project no longer look at everybody's rows.
CREATE INDEX CONCURRENTLY inbox_waiting_by_project ON inbox (project_id) INCLUDE (items, received_at) WHERE processed_at IS NULL;
--> statement-breakpoint
CREATE INDEX CONCURRENTLY feedback_waiting_by_project ON feedback (project_id) WHERE state = 'waiting';
--> statement-breakpoint
CREATE INDEX CONCURRENTLY quarantine_newest ON quarantine (project_id, received_at, quarantine_id);
--> statement-breakpoint
CREATE INDEX CONCURRENTLY dead_letters_newest ON dead_letters (project_id, created_at, dead_letter_id);
--> statement-breakpoint
CREATE INDEX CONCURRENTLY predictions_by_subject ON predictions (project_id, subject_id, prediction_id);
--> statement-breakpoint
CREATE INDEX CONCURRENTLY tallies_by_bucket ON tallies (bucket);
