-- Run once, as the superuser, in the empty database `freshbytes`: the two roles of docs/database-roles.md. The passwords are
-- read from the secrets by the server itself, so that none stands in an environment or in a log. The owner may create
-- databases, because `backup verify` tries a backup out in one.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';

DO $$
BEGIN
  EXECUTE format('CREATE ROLE freshbytes_owner LOGIN CREATEDB PASSWORD %L',
    rtrim(pg_read_file('/run/secrets/owner_password'), E'\n'));
  EXECUTE format('CREATE ROLE freshbytes_app LOGIN PASSWORD %L',
    rtrim(pg_read_file('/run/secrets/app_password'), E'\n'));
END
$$;

ALTER DATABASE freshbytes OWNER TO freshbytes_owner;
REVOKE CONNECT, TEMPORARY ON DATABASE freshbytes FROM PUBLIC;
GRANT CONNECT ON DATABASE freshbytes TO freshbytes_app;
