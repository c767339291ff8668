// Backups, jobs, and how a process stops.
import { Choice, Count, Flag, OptionalCount, OptionalText, Text } from '../kinds.ts';

export const OPERATIONS_SETTINGS = {
  BACKUP_METHOD: Choice(
    ['pg_dump', 'pgbackrest'],
    '`pg_dump`: one encrypted file at a time; `pgbackrest`: the whole cluster, to any moment',
    'pg_dump',
  ),
  BACKUP_DIR: OptionalText('Of `pg_dump`: folder of the files, on another disk than the database'),
  BACKUP_RECIPIENTS: OptionalText(
    'Of `pg_dump`: public keys of age, behind commas; what is taken is encrypted for each of them',
    { pattern: '^age1[0-9a-z]+(,age1[0-9a-z]+)*$', kind: 'list of public keys' },
  ),
  BACKUP_IDENTITY_FILE: OptionalText(
    'Of `pg_dump`: file of private keys as `age-keygen` writes it, any of which opens; for `restore` and `backup verify` alone',
  ),
  BACKUP_KEEP_COUNT: Count(7, 1, 1000, 'Of `pg_dump`: files that are kept however old they are'),
  BACKUP_KEEP_DAYS: Count(30, 1, 3650, 'Of `pg_dump`: how long the others are kept'),
  BACKUP_PROGRAMS_DIR: OptionalText(
    'Folder of `pg_dump`, `pg_restore` and `postgres`; absent: the newest that is installed',
  ),
  BACKUP_PGBACKREST_DIR: Text('Of `pgbackrest`: folder of `pgbackrest.conf` and `conf.d`', {
    default: '/etc/pgbackrest',
  }),
  BACKUP_STANZA: Text('Of `pgbackrest`: what its settings call the cluster', {
    default: 'freshbytes',
    minLength: 1,
  }),
  WORKER: Flag('on', 'Whether `serve` runs the jobs too'),
  WORKER_PORT: OptionalCount(
    0,
    65_535,
    'Port on which `worker` answers `/health` and `/metrics`; absent: none',
  ),
  DRAIN_MS: Count(0, 0, 120_000, 'How long a stopping server keeps serving after readiness fails'),
};
