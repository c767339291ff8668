-- Once, as the superuser, with FRESHBYTES_PASSWORD in the environment: the application's role and database.
\getenv password FRESHBYTES_PASSWORD
CREATE ROLE freshbytes LOGIN PASSWORD :'password';
-- The application asks for these itself, unless a pooler keeps them from the server.
ALTER ROLE freshbytes SET statement_timeout = '10s';
ALTER ROLE freshbytes SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE freshbytes SET jit = off;
ALTER ROLE freshbytes SET max_parallel_workers_per_gather = 0;
ALTER ROLE freshbytes SET random_page_cost = 1.1;
CREATE DATABASE freshbytes OWNER freshbytes TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE CONNECT, TEMPORARY ON DATABASE freshbytes FROM PUBLIC;
