-- What grows has an end: counts are kept by the day once they are old, and days are made without
-- holding up anybody.
SET LOCAL ROLE gs_maintenance;
--> statement-breakpoint

-- A partition that is made as one locks its parent against everybody, and queues behind whoever
-- reads it just then; one that is attached does not.
CREATE FUNCTION make_partition(parent regclass, suffix text, from_value text, to_value text) RETURNS void
  LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
  name text := format('%s_%s', parent, suffix);
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', name, parent);
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, from_value, to_value);
END $$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION make_day(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  from_at timestamptz := day::timestamp AT TIME ZONE 'UTC';
  to_at timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
  suffix text := to_char(day, 'YYYY_MM_DD');
BEGIN
  PERFORM make_partition('inbox', suffix, from_at::text, to_at::text);
  PERFORM make_partition('events', suffix, from_at::text, to_at::text);
  PERFORM make_partition('predictions', suffix, uuid7_floor(from_at)::text, uuid7_floor(to_at)::text);
END $$;
--> statement-breakpoint

-- As before, and what a day of predictions counted stays: a total does not shrink.
CREATE OR REPLACE FUNCTION drop_days(parent regclass, ended_before timestamptz) RETURNS int LANGUAGE plpgsql AS $$
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
    ELSIF parent = 'predictions'::regclass THEN
      EXECUTE format('LOCK TABLE %s IN EXCLUSIVE MODE', child.name);
      EXECUTE format(
        'INSERT INTO tallies AS t (project_id, model_id, bucket, what, n)
         SELECT project_id, model_id, %L, ''dropped_prediction'', count(*) FROM %s GROUP BY 1, 2 ORDER BY 1, 2
         ON CONFLICT (project_id, model_id, bucket, what) DO UPDATE SET n = t.n + excluded.n',
        child.day::timestamp AT TIME ZONE 'UTC', child.name);
    END IF;
    EXECUTE format('DROP TABLE %s', child.name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
--> statement-breakpoint

-- Tallies from before an instant are put together, a row for each day: the sums stay as they are.
CREATE FUNCTION roll_up_tallies(before timestamptz, most int) RETURNS bigint LANGUAGE sql AS $$
  WITH old AS (
    DELETE FROM tallies WHERE (project_id, model_id, bucket, what) IN (
      SELECT project_id, model_id, bucket, what FROM tallies
      WHERE bucket < before AND bucket <> date_trunc('day', bucket, 'UTC') LIMIT most)
    RETURNING project_id, model_id, bucket, what, n
  ), days AS (
    INSERT INTO tallies AS t (project_id, model_id, bucket, what, n)
    SELECT project_id, model_id, date_trunc('day', bucket, 'UTC'), what, sum(n)
    FROM old GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4, 3
    ON CONFLICT (project_id, model_id, bucket, what) DO UPDATE SET n = t.n + excluded.n
  )
  SELECT count(*) FROM old
$$;
--> statement-breakpoint
RESET ROLE;
