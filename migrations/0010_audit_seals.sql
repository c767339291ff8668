-- The seals that make the audit log a hash chain, what still waits for one, and the grants of a role that cannot rewrite it.

-- Entries that have no seal yet. Filled in the transaction of the change, so that whenever an entry becomes visible,
-- however long its transaction took and whatever its clock said, its place in this queue does too.
CREATE TABLE audit_unsealed (
  entry_id uuid PRIMARY KEY
);

CREATE TABLE audit_seals (
  seq bigint PRIMARY KEY CHECK (seq > 0),
  entry_id uuid NOT NULL UNIQUE REFERENCES audit_entries,
  -- Which secret the hash is keyed with.
  key_id text NOT NULL,
  -- HMAC-SHA-256 over the seal before, this seal and every column of the entry.
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  sealed_at timestamptz NOT NULL
);
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- As its owner: whoever writes entries must not be able to queue, or to keep from the queue, anything else.
CREATE FUNCTION await_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO public.audit_unsealed (entry_id) VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER audit_entries_await_seal AFTER INSERT ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION await_seal();

INSERT INTO audit_unsealed (entry_id) SELECT id FROM audit_entries;

REVOKE ALL ON audit_entries, audit_seals, audit_unsealed FROM PUBLIC;
-- The default since PostgreSQL 15, but not in databases that are older than their server.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- Whether a role can change what the audit log says, or keep entries out of it, by itself or as a role that it is a
-- member of. CREATEROLE counts: up to PostgreSQL 15 it can make itself a member of the tables' owner.
CREATE FUNCTION may_rewrite_audit(grantee name) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM pg_roles r, pg_class c
    WHERE pg_has_role(grantee, r.oid, 'MEMBER')
      AND c.oid IN ('public.audit_entries'::regclass, 'public.audit_seals'::regclass)
      AND (r.rolsuper OR r.rolcreaterole OR r.oid = c.relowner
        OR has_table_privilege(r.oid, c.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER'))
  )
$$;

-- Gives `grantee` exactly what `serve` and `worker` need, and takes back anything else that it was given on our tables.
-- To be called by their owner, and again after each migration: a new table is granted to nobody.
CREATE FUNCTION grant_runtime_role(grantee name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  guarded regclass;
BEGIN
  -- The lock of migrations: two of these at once would change the same catalogue rows.
  PERFORM pg_advisory_xact_lock(7305801);
  EXECUTE format('REVOKE ALL ON SCHEMA public, pgboss FROM %I', grantee);
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public, pgboss FROM %I', grantee);
  EXECUTE format('GRANT USAGE ON SCHEMA public, pgboss TO %I', grantee);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, pgboss TO %I', grantee);
  EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public, pgboss TO %I', grantee);
  FOR guarded IN SELECT DISTINCT tgrelid FROM pg_trigger WHERE tgfoid = 'public.refuse_change'::regproc LOOP
    EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM %I', guarded, grantee);
  END LOOP;
  -- Its trigger fills it.
  EXECUTE format('REVOKE INSERT, UPDATE ON public.audit_unsealed FROM %I', grantee);
  -- What only `migrate` writes.
  EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON public.schema_migrations, public.reference_data, public.places,
    public.search_synonyms FROM %I', grantee);
  IF public.may_rewrite_audit(grantee) THEN
    RAISE EXCEPTION 'role "%" could still rewrite the audit log', grantee USING ERRCODE = 'invalid_grant_operation',
      HINT = 'Name a role that owns no table, is no superuser, may not create roles and is a member of no such role.';
  END IF;
END $$;
REVOKE EXECUTE ON FUNCTION grant_runtime_role FROM PUBLIC;
