// PostgreSQL, its replica, and Redis.
import { Count, Flag, OptionalText, OptionalUrl } from '../kinds.ts';

export const DATABASE_SETTINGS = {
  DATABASE_URL: OptionalUrl(
    ['postgres', 'postgresql'],
    'PostgreSQL 15 to 18; absent: the embedded server',
    {
      secret: true,
      production: 'production never starts the embedded server',
      example: 'postgres://freshbytes:password@db.example.com:5432/freshbytes?sslmode=verify-full',
    },
  ),
  DATABASE_DIRECT_URL: OptionalUrl(
    ['postgres', 'postgresql'],
    'The same database past any pooler, for notifications, migrations and backups; absent: `DATABASE_URL`',
    {
      secret: true,
      example: 'postgres://freshbytes:password@db.example.com:5432/freshbytes?sslmode=verify-full',
    },
  ),
  DATABASE_REPLICA_URL: OptionalUrl(
    ['postgres', 'postgresql'],
    'A streaming replica of the same database, past any pooler, for public reads that the cache does not answer; absent: `DATABASE_URL`',
    {
      secret: true,
      example:
        'postgres://freshbytes:password@replica.example.com:5432/freshbytes?sslmode=verify-full',
    },
  ),
  DATABASE_REPLICA_MAX_LAG_MS: Count(
    100,
    1,
    10_000,
    'How long a read waits for the replica to have all that was committed when it began; a replica that is further behind is not read',
  ),
  DATABASE_TLS: Flag(
    'on',
    '`off`: production takes a PostgreSQL on another machine without verified TLS, for private networks',
  ),
  DATABASE_RUNTIME_ROLE: OptionalText(
    'Role of PostgreSQL that `migrate` lets run `serve` and `worker`, beside those that already may',
    { minLength: 1, example: 'freshbytes_app' },
  ),
  PATRONI_URLS: OptionalText(
    'REST addresses of Patroni, comma-separated, of which `doctor --cluster` asks the first that answers; absent: it asks PostgreSQL alone',
    {
      kind: 'list of URLs',
      pattern: '^https?://[^\\s,]+(,https?://[^\\s,]+)*$',
      example: 'http://db1.example.com:8008,http://db2.example.com:8008',
    },
  ),
  DATABASE_POOL_SIZE: Count(
    8,
    1,
    100,
    'Connections a process keeps to PostgreSQL, and as many to a replica; half of the former for transactions',
  ),
  REDIS_URL: OptionalUrl(
    ['redis', 'rediss', 'redis+sentinel'],
    'Redis 7 or Valkey, or the Sentinels that know it (`redis+sentinel://:password@host:26379,host:26379/name`); absent: memory',
    { secret: true, example: 'rediss://redis.example.com:6379' },
  ),
  REDIS_TLS: Flag(
    'on',
    '`off`: production takes a Redis on another machine without TLS, for private networks',
  ),
  CACHE: Flag('on', '`off` makes every public answer anew'),
};
