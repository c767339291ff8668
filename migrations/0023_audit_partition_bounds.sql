-- The audit log grows for ever and is the one log that may be cut off by age: its tables become partitioned by month in
-- three steps, so that none of them reads a table while it keeps writers out. First: where the old tables end.

-- Partitions are no tables of the application: what it may do, it may do to the partitioned tables alone. What retention
-- detaches goes to `archive`, for an operator to export and drop.
CREATE SCHEMA partitions;
CREATE SCHEMA archive;

-- Months are those of UTC, as the times in ids are.
CREATE FUNCTION month_start(moment timestamptz, months_later integer) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN (date_trunc('month', moment AT TIME ZONE 'UTC') + make_interval(months => months_later)) AT TIME ZONE 'UTC';

-- Ids are UUIDs of version 7: they begin with milliseconds since the epoch, so that a range of ids is a range of time.
CREATE FUNCTION first_id_at(moment timestamptz) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN (lpad(to_hex(greatest(0, extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

CREATE FUNCTION moment_of(id uuid) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
  RETURN to_timestamp((('x0000' || left(replace(id::text, '-', ''), 12))::bit(64)::bigint) / 1000.0);

-- Locks tables for DDL without holding everybody up: who waits for such a lock is in the way of all who come later, so
-- that each wait is short, and nothing is held between two of them. Altogether less than a statement may take.
CREATE FUNCTION lock_exclusively(VARIADIC tables regclass[]) RETURNS void LANGUAGE plpgsql
  SET lock_timeout = '500ms' SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  max_attempts CONSTANT integer := 6;
BEGIN
  FOR attempt IN 1..max_attempts LOOP
    BEGIN
      EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', array_to_string(tables, ', '));
      RETURN;
    EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
      IF attempt = max_attempts THEN RAISE; END IF;
      PERFORM pg_sleep(0.5);
    END;
  END LOOP;
END $$;

-- What is there becomes the first partition, up to the end of next month: until the last of these steps nothing else
-- takes rows, and a deployment may be interrupted between them.
DO $$
DECLARE
  newest timestamptz := (SELECT moment_of(id) FROM audit_entries ORDER BY id DESC LIMIT 1);
  bound timestamptz := month_start(greatest(now(), newest), 2);
BEGIN
  IF newest > now() + interval '1 month' THEN
    RAISE EXCEPTION 'audit_entries holds an id of the time %', newest
      USING HINT = 'Ids are UUIDs of version 7. This one was made by something else, or by a clock that is wrong.';
  END IF;
  PERFORM lock_exclusively('audit_seals', 'audit_entries');
  EXECUTE format('ALTER TABLE audit_entries ADD CONSTRAINT first_partition CHECK (id < %L) NOT VALID', first_id_at(bound));
  EXECUTE format('ALTER TABLE audit_seals ADD CONSTRAINT first_partition CHECK (entry_id < %L) NOT VALID', first_id_at(bound));
END $$;
