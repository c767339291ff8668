-- A role that may run `serve` and `worker` keeps that right over every migration, which grants it what is new in the
-- transaction that adds it. No list of such roles is kept beside the grants: one that is revoked or dropped is off it.

-- Gives `grantee` exactly what `serve` and `worker` need, and takes back anything else that it was given on our tables.
-- To be called by their owner, once: from then on `migrate` does it again.
CREATE OR REPLACE FUNCTION grant_runtime_role(grantee name) RETURNS void LANGUAGE plpgsql AS $$
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
  -- An upgrade of the queue adds tables in transactions of its own, while workers go on. Nothing in this schema is
  -- append-only; in `public` no default grants anything.
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA pgboss GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', grantee);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA pgboss GRANT USAGE, SELECT ON SEQUENCES TO %I', grantee);
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

-- The roles that were granted this: nobody else but the owner adds to the audit log. `migrate` asks before each migration.
CREATE FUNCTION runtime_roles() RETURNS SETOF name LANGUAGE sql STABLE AS $$
  SELECT r.rolname
  FROM pg_class c, aclexplode(c.relacl) AS granted
  JOIN pg_roles r ON r.oid = granted.grantee
  WHERE c.oid = 'public.audit_entries'::regclass AND granted.privilege_type = 'INSERT' AND r.oid <> c.relowner
  ORDER BY r.rolname
$$;
