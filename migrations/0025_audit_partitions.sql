-- Third: the old tables become the first partitions of new ones under the same names. No row is read or copied, and no
-- index built: writers wait some milliseconds, and those of the version before go on with the new tables.
SELECT lock_exclusively('audit_seals', 'audit_entries');

CREATE TEMPORARY TABLE first_partition ON COMMIT DROP AS
SELECT bound, to_char(moment_of(bound) AT TIME ZONE 'UTC', '"before_"YYYY_MM') AS suffix
FROM (
  SELECT (regexp_match(pg_get_constraintdef(oid), '[0-9a-f-]{36}'))[1]::uuid AS bound
  FROM pg_constraint WHERE conname = 'first_partition' AND conrelid = 'audit_entries'::regclass
) written;
CREATE TEMPORARY TABLE old_grants ON COMMIT DROP AS
SELECT c.relname, granted.grantee::regrole AS grantee, granted.privilege_type, granted.is_grantable
FROM pg_class c, aclexplode(c.relacl) AS granted
WHERE c.oid IN ('audit_entries'::regclass, 'audit_seals'::regclass) AND granted.grantee NOT IN (0, c.relowner);

DO $$
DECLARE
  suffix text := (SELECT p.suffix FROM first_partition p);
  renamed record;
BEGIN
  FOR renamed IN
    SELECT indexrelid::regclass AS index, i.relname AS old_name, t.relname AS table_name
    FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
    WHERE indrelid IN ('audit_entries'::regclass, 'audit_seals'::regclass)
  LOOP
    EXECUTE format('ALTER INDEX %s RENAME TO %I', renamed.index,
      replace(renamed.old_name, renamed.table_name, renamed.table_name || '_' || suffix));
  END LOOP;
  EXECUTE format('ALTER TABLE audit_entries RENAME TO %I', 'audit_entries_' || suffix);
  EXECUTE format('ALTER TABLE audit_entries_%s SET SCHEMA partitions', suffix);
  EXECUTE format('ALTER TABLE audit_seals RENAME TO %I', 'audit_seals_' || suffix);
  EXECUTE format('ALTER TABLE audit_seals_%s SET SCHEMA partitions', suffix);
END $$;

CREATE TABLE audit_entries (
  id uuid PRIMARY KEY,
  actor_id uuid,
  actor_role text NOT NULL,
  action text NOT NULL,
  object_type text NOT NULL,
  object_id text NOT NULL,
  changes jsonb NOT NULL,
  ip_prefix text,
  request_id text,
  created_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX audit_entries_created_idx ON audit_entries (created_at, id);
CREATE INDEX audit_entries_actor_idx ON audit_entries (actor_id, created_at, id);
CREATE INDEX audit_entries_object_idx ON audit_entries (object_id, object_type, created_at, id);
CREATE INDEX audit_entries_type_idx ON audit_entries (object_type, created_at, id);
CREATE INDEX audit_entries_action_idx ON audit_entries (action, created_at, id);
CREATE TRIGGER audit_entries_await_seal AFTER INSERT ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION await_seal();

-- A seal lies with its entry, so that both can go together. A key over all partitions would have to contain `entry_id`:
-- in each partition `seq` is unique, and over all of them one process seals at a time; `verify-audit` names any double.
CREATE TABLE audit_seals (
  seq bigint NOT NULL,
  entry_id uuid NOT NULL,
  key_id text NOT NULL,
  hash bytea NOT NULL,
  sealed_at timestamptz NOT NULL,
  CONSTRAINT audit_seals_seq_check CHECK (seq > 0),
  CONSTRAINT audit_seals_hash_check CHECK (octet_length(hash) = 32),
  CONSTRAINT audit_seals_entry_id_key UNIQUE (entry_id)
) PARTITION BY RANGE (entry_id);

-- For whole statements: one that names the partitioned table fires only that table's, one that names a partition only
-- the partition's. A partition keeps its own when it is detached; those that it inherits it loses then.
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION guard_audit_partition(suffix text) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partitions.%I
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()', 'audit_entries_' || suffix);
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON partitions.%I
    FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()', 'audit_seals_' || suffix);
END $$;

CREATE FUNCTION attach_audit_partition(suffix text, bounds text) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('ALTER TABLE public.audit_entries ATTACH PARTITION partitions.%I %s', 'audit_entries_' || suffix, bounds);
  EXECUTE format('ALTER TABLE public.audit_seals ATTACH PARTITION partitions.%I %s', 'audit_seals_' || suffix, bounds);
END $$;

-- A partition of each table with the same bounds. The foreign key lies between the two and not between the tables that
-- they are parts of: that one would have to be checked against all of the log whenever a partition is detached.
CREATE FUNCTION make_audit_partition(suffix text, bounds text) RETURNS void LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  entries text := 'audit_entries_' || suffix;
  seals text := 'audit_seals_' || suffix;
BEGIN
  EXECUTE format('CREATE TABLE partitions.%I (LIKE public.audit_entries)', entries);
  EXECUTE format('CREATE TABLE partitions.%I (LIKE public.audit_seals INCLUDING CONSTRAINTS, PRIMARY KEY (seq))', seals);
  PERFORM public.guard_audit_partition(suffix);
  PERFORM public.attach_audit_partition(suffix, bounds);
  EXECUTE format('ALTER TABLE partitions.%I ADD CONSTRAINT audit_seals_entry_id_fkey
    FOREIGN KEY (entry_id) REFERENCES partitions.%I (id)', seals, entries);
END $$;

-- The old tables: without the triggers and the grants that the new ones have now.
DO $$
DECLARE
  suffix text := (SELECT p.suffix FROM first_partition p);
  given record;
BEGIN
  EXECUTE format('DROP TRIGGER audit_entries_append_only ON partitions.audit_entries_%s', suffix);
  EXECUTE format('DROP TRIGGER audit_entries_no_truncate ON partitions.audit_entries_%s', suffix);
  EXECUTE format('DROP TRIGGER audit_entries_await_seal ON partitions.audit_entries_%s', suffix);
  EXECUTE format('DROP TRIGGER audit_seals_append_only ON partitions.audit_seals_%s', suffix);
  EXECUTE format('DROP TRIGGER audit_seals_no_truncate ON partitions.audit_seals_%s', suffix);
  PERFORM guard_audit_partition(suffix);
  PERFORM attach_audit_partition(suffix, format('FOR VALUES FROM (MINVALUE) TO (%L)', (SELECT bound FROM first_partition)));
  EXECUTE format('ALTER TABLE partitions.audit_entries_%s DROP CONSTRAINT first_partition', suffix);
  EXECUTE format('ALTER TABLE partitions.audit_seals_%s DROP CONSTRAINT first_partition', suffix);
  REVOKE ALL ON audit_entries, audit_seals FROM PUBLIC;
  FOR given IN SELECT * FROM old_grants LOOP
    EXECUTE format('GRANT %s ON %I TO %s %s', given.privilege_type, given.relname, given.grantee,
      CASE WHEN given.is_grantable THEN 'WITH GRANT OPTION' END);
    EXECUTE format('REVOKE ALL ON partitions.%I FROM %s', given.relname || '_' || suffix, given.grantee);
  END LOOP;
END $$;

-- For what has no partition of its own: no insert fails for want of one.
SELECT make_audit_partition('default', 'DEFAULT');

CREATE FUNCTION partitions_of(parent regclass)
  RETURNS TABLE (name text, lower_id uuid, upper_id uuid, is_default boolean) LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, (regexp_match(bound, 'FROM \(''([0-9a-f-]{36})''\)'))[1]::uuid,
    (regexp_match(bound, 'TO \(''([0-9a-f-]{36})''\)'))[1]::uuid, bound = 'DEFAULT'
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, LATERAL pg_get_expr(c.relpartbound, c.oid) AS bound
  WHERE i.inhparent = parent
$$;

-- Makes what is missing up to `months_ahead` months after the month of `moment`. Ahead of time nobody who writes waits:
-- attaching locks the default partition alone against them, in which nobody writes then. What is late, up to the present
-- month, becomes one partition. It is made while everybody is locked out, for milliseconds, so that no row is on its way
-- into the default partition meanwhile; rows that are in there stay where they are, and it becomes the new partition.
-- @returns the number of partitions that were made
CREATE FUNCTION make_audit_partitions_at(moment timestamptz, months_ahead integer) RETURNS integer LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
  present_end uuid := public.first_id_at(public.month_start(moment, 1));
  horizon uuid := public.first_id_at(public.month_start(moment, months_ahead + 1));
  from_id uuid;
  to_id uuid;
  suffix text;
  newest uuid;
  is_default_used boolean;
  is_locked boolean := false;
  made integer := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(7305811);
  SELECT upper_id INTO STRICT from_id FROM public.partitions_of('public.audit_entries')
  WHERE upper_id IS NOT NULL ORDER BY upper_id DESC LIMIT 1;
  WHILE from_id < horizon LOOP
    to_id := greatest(present_end, public.first_id_at(public.month_start(public.moment_of(from_id), 1)));
    suffix := to_char(public.moment_of(from_id) AT TIME ZONE 'UTC', 'YYYY_MM');
    is_default_used := EXISTS (SELECT FROM partitions.audit_entries_default WHERE id >= from_id AND id < to_id);
    IF NOT is_locked AND (is_default_used OR from_id <= public.first_id_at(moment + interval '1 day')) THEN
      PERFORM public.lock_exclusively('public.audit_seals', 'public.audit_entries');
      is_locked := true;
      is_default_used := EXISTS (SELECT FROM partitions.audit_entries_default WHERE id >= from_id AND id < to_id);
    ELSIF NOT is_locked THEN
      PERFORM public.lock_exclusively('partitions.audit_seals_default', 'partitions.audit_entries_default');
    END IF;
    IF is_default_used THEN
      SELECT id INTO newest FROM partitions.audit_entries_default ORDER BY id DESC LIMIT 1;
      to_id := greatest(to_id, public.first_id_at(public.month_start(public.moment_of(newest), 1)));
      IF to_id > horizon OR EXISTS (SELECT FROM partitions.audit_entries_default WHERE id < from_id) THEN
        RAISE EXCEPTION 'audit_entries_default holds ids of %, and others of a time far from it', suffix
          USING HINT = 'Entries are written all the same. See ops/runbooks/partitions-missing.md.';
      END IF;
      ALTER TABLE public.audit_seals DETACH PARTITION partitions.audit_seals_default;
      ALTER TABLE public.audit_entries DETACH PARTITION partitions.audit_entries_default;
      EXECUTE format('ALTER TABLE partitions.audit_entries_default RENAME TO %I', 'audit_entries_' || suffix);
      EXECUTE format('ALTER TABLE partitions.audit_seals_default RENAME TO %I', 'audit_seals_' || suffix);
      PERFORM public.attach_audit_partition(suffix, format('FOR VALUES FROM (%L) TO (%L)', from_id, to_id));
      PERFORM public.make_audit_partition('default', 'DEFAULT');
    ELSE
      PERFORM public.make_audit_partition(suffix, format('FOR VALUES FROM (%L) TO (%L)', from_id, to_id));
    END IF;
    made := made + 1;
    from_id := to_id;
  END LOOP;
  RETURN made;
END $$;

-- The one piece of DDL that `serve` and `worker` may have done, by the owner of the tables: nothing of it depends on what
-- they say. Whoever may write entries may have partitions made for them.
CREATE FUNCTION make_audit_partitions() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  months_ahead CONSTANT integer := 3;
BEGIN
  IF NOT has_table_privilege(session_user, 'public.audit_entries', 'INSERT') THEN
    RAISE EXCEPTION 'only who may write audit entries may have partitions made for them' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN public.make_audit_partitions_at(now(), months_ahead);
END $$;
REVOKE EXECUTE ON FUNCTION guard_audit_partition, attach_audit_partition, make_audit_partition, make_audit_partitions_at
  FROM PUBLIC;

SELECT make_audit_partitions();

-- Where the chain of seals goes on behind what retention took out: one row for each unbroken run of seals. Seals lie with
-- their entries, and an entry that was committed late has a later seal, so that a month can be more than one run.
CREATE TABLE audit_detached_seals (
  first_seq bigint PRIMARY KEY CHECK (first_seq > 0),
  last_seq bigint NOT NULL UNIQUE,
  -- Hash of the seal before the first, and of the last.
  hash_before bytea NOT NULL CHECK (octet_length(hash_before) = 32),
  hash_after bytea NOT NULL CHECK (octet_length(hash_after) = 32),
  partition_name text NOT NULL,
  detached_at timestamptz NOT NULL,
  key_id text NOT NULL,
  -- HMAC-SHA-256 over all of this: whoever takes a beginning away cannot claim that retention did.
  mac bytea NOT NULL CHECK (octet_length(mac) = 32),
  CONSTRAINT audit_detached_seals_order CHECK (last_seq >= first_seq)
);
CREATE TRIGGER audit_detached_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_detached_seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whatever a role was granted on all tables: this one is written by who may detach.
CREATE FUNCTION refuse_all_but_owner() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION '% is written by its owner alone', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER audit_detached_seals_owner BEFORE INSERT ON audit_detached_seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_all_but_owner();

REVOKE ALL ON audit_detached_seals FROM PUBLIC;
DO $$
DECLARE
  reader regrole;
BEGIN
  FOR reader IN SELECT DISTINCT grantee FROM old_grants WHERE relname = 'audit_seals' AND privilege_type = 'SELECT' LOOP
    EXECUTE format('GRANT SELECT ON audit_detached_seals TO %s', reader);
  END LOOP;
END $$;

-- As before, and of every partition.
CREATE OR REPLACE FUNCTION may_rewrite_audit(grantee name) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM pg_roles r, pg_class c
    WHERE pg_has_role(grantee, r.oid, 'MEMBER')
      AND (c.oid IN ('public.audit_entries'::regclass, 'public.audit_seals'::regclass, 'public.audit_detached_seals'::regclass)
        OR c.oid IN (SELECT inhrelid FROM pg_inherits
          WHERE inhparent IN ('public.audit_entries'::regclass, 'public.audit_seals'::regclass)))
      AND (r.rolsuper OR r.rolcreaterole OR r.oid = c.relowner
        OR has_table_privilege(r.oid, c.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER'))
  )
$$;
