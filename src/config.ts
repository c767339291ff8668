// The environment, read once into one checked and frozen object; nothing else reads process.env.
import { type Static, Type } from 'typebox';
import { missingFaults, productionFaults, valueFaults } from './config/faults.ts';
import {
  Choice,
  Count,
  Flag,
  type Marks,
  OptionalCount,
  OptionalSecrets,
  OptionalText,
  OptionalUrl,
  Rate,
  Share,
  Text,
} from './config/kinds.ts';
import { parseSettings } from './config/parse.ts';
import { type Env, readSources } from './config/sources.ts';

/** Scheme, public key, host, path and project, as Sentry, GlitchTip and Bugsink give them out. */
export const SENTRY_DSN_PATTERN =
  '^(https?)://([0-9A-Za-z]+)(?::[0-9A-Za-z]+)?@([0-9A-Za-z.:\\[\\]-]+)((?:/[\\w.-]+)*)/(\\d+)$';

/** A year: what is asked about an order, a payment or an incident is asked within it. */
const MIN_AUDIT_RETENTION_MONTHS = 12;
const MAX_AUDIT_RETENTION_MONTHS = 1_200;

/** Every variable that the API reads, in the order in which the reference table shows them. */
export const Environment = Type.Object({
  NODE_ENV: Choice(
    ['development', 'test', 'production'],
    '`production` demands real settings and never seeds',
    'development',
    { production: 'it is what asks for all of this', example: 'production' },
  ),
  HOST: Text('Address to listen on', { default: '127.0.0.1' }),
  PORT: Count(8000, 0, 65_535, 'Port to listen on'),
  PUBLIC_URL: OptionalUrl(
    ['http', 'https'],
    'What absolute URLs in answers begin with; `http://localhost:<PORT>` if absent',
    { production: 'answers contain absolute URLs', example: 'https://api.example.com' },
  ),
  DATA_DIR: Text('Embedded database and uploads', { default: './data' }),
  STORAGE: Choice(
    ['disk', 's3'],
    'Where uploads are kept: in `DATA_DIR`, or in a bucket that processes on any number of machines share',
    'disk',
  ),
  STORAGE_FALLBACK: Type.Optional(
    Choice(
      ['disk', 's3'],
      'Where uploads are looked for that `STORAGE` does not have, while they move from one to the other',
    ),
  ),
  S3_ENDPOINT: OptionalUrl(
    ['http', 'https'],
    'Server of the bucket; its address holds neither bucket nor keys',
    { example: 'https://s3.ap-southeast-1.amazonaws.com' },
  ),
  S3_REGION: Text('Region of the bucket, as its server calls it', {
    default: 'us-east-1',
    minLength: 1,
  }),
  S3_BUCKET: OptionalText('Bucket that holds uploads and nothing else', {
    pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
    example: 'freshbytes-uploads',
  }),
  S3_ACCESS_KEY_ID: OptionalText('Id of the key to the bucket', { secret: true }),
  S3_SECRET_ACCESS_KEY: OptionalText('The key itself', { secret: true }),
  S3_TLS: Flag(
    'on',
    '`off`: production takes an S3 server on another machine without TLS, for private networks',
  ),
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
  APP_SECRET: OptionalSecrets(
    32,
    'Signs cursors, codes and links, and encrypts second factors: the first of a comma-separated list; all verify and decrypt',
    {
      production: 'at least 32 random characters',
      command: `node -p "crypto.randomBytes(48).toString('base64url')"`,
    },
  ),
  AUDIT_SEAL_SECRETS: OptionalSecrets(
    32,
    'Seals the audit log: the first of a comma-separated list; all verify; absent: `APP_SECRET`',
  ),
  AUDIT_RETENTION_MONTHS: OptionalCount(
    MIN_AUDIT_RETENTION_MONTHS,
    MAX_AUDIT_RETENTION_MONTHS,
    'How long entries of the audit log are kept before `retention` detaches their months; absent: for ever',
  ),
  JWT_PRIVATE_KEYS: OptionalText(
    'Ed25519 private keys (PKCS #8, base64 of the DER), comma-separated; the first signs access tokens, all verify',
    {
      secret: true,
      kind: 'list of keys',
      production: 'an Ed25519 private key, PKCS #8, base64',
      command: `node -p "crypto.generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')"`,
    },
  ),
  LOG_LEVEL: Choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'What the log holds',
    'info',
  ),
  TRUST_PROXY: OptionalText(
    'Proxies whose `X-Forwarded-For` is believed, comma-separated: addresses, networks (`10.244.0.0/16`), `loopback`, `linklocal`, `uniquelocal`',
  ),
  LOCAL_PROXY: OptionalText(
    'In development: address of a proxy that this machine alone can reach, such as that of `compose.demo.yaml`; what it passes on counts as asked by this machine, which shows `/dev`. Refused in production',
    { kind: 'address' },
  ),
  CORS_ORIGINS: OptionalText(
    'Origins that browsers may call from, comma-separated; absent: none, in development those of this machine',
  ),
  HSTS_PRELOAD: Flag(
    'off',
    '`on`: production asks browsers to build HTTPS for this domain and all its subdomains into themselves, which takes months to take back',
  ),
  RATE_LIMITS: Flag('on', '`off` is refused in production'),
  RATE_LIMIT_ANONYMOUS: Rate('600/minute', 'Per address, not signed in'),
  RATE_LIMIT_USER: Rate('5000/hour', 'Per signed-in user'),
  RATE_LIMIT_BURST: Rate('300/minute', 'Per signed-in user, on top of the one above'),
  RATE_LIMIT_LOGIN: Rate('5/minute', 'Sign-ins and resets by code per account and address'),
  RATE_LIMIT_LOGIN_ADDRESS: Rate('100/minute', 'Those per address, over all accounts'),
  RATE_LIMIT_REFRESH: Rate('10/minute', 'Refreshed tokens per session'),
  RATE_LIMIT_REGISTER: Rate('10/minute', 'Registrations per address'),
  RATE_LIMIT_PASSWORD: Rate('10/hour', 'Tries of the own password by a signed-in user'),
  RATE_LIMIT_CODE: Rate('20/hour', 'Codes sent by mail or SMS per signed-in user'),
  RATE_LIMIT_CODE_ADDRESS: Rate('60/hour', 'Codes sent per address, not signed in'),
  CODES_PER_NETWORK_HOUR: Count(
    3,
    1,
    1_000,
    'One-time codes to an address that one network may ask for in an hour without being signed in',
  ),
  CODES_PER_ADDRESS_HOUR: Count(
    5,
    1,
    1_000,
    'One-time codes to an e-mail address or number in an hour; counted apart: what an account asks for signed in or from its own networks, what other accounts ask for so, and what strangers do',
  ),
  CODES_PER_ADDRESS_DAY: Count(15, 1, 10_000, 'The same in 24 hours'),
  CODES_PER_ACCOUNT_DAY: Count(30, 1, 10_000, 'One-time codes of an account in 24 hours'),
  SMS_CODES_PER_DAY: Count(
    2_000,
    1,
    10_000_000,
    'One-time codes by SMS in 24 hours over everybody: what floods may cost',
  ),
  RATE_LIMIT_SEARCH: Rate('60/minute', 'Product searches per signed-in user'),
  RATE_LIMIT_SEARCH_ADDRESS: Rate('300/minute', 'Product searches per address, not signed in'),
  RATE_LIMIT_UPLOAD: Rate('20/minute', 'Uploads per user'),
  RATE_LIMIT_MEDIA: Rate('6000/minute', 'Images per address'),
  RATE_LIMIT_PAYMENT_PAGE: Rate('30/minute', 'Opening the page to pay at, per payment'),
  RATE_LIMIT_WEBHOOK: Rate('600/minute', 'Webhooks per provider and address'),
  RATE_LIMIT_HEALTH: Rate(
    '60/minute',
    'Tokens of users on `/health` per address; beyond it the public view is shown',
  ),
  LOAD_SHEDDING: Flag('on', 'Whether an overloaded process refuses browsing, then more, with 503'),
  SHED_LOOP_DELAY_MS: Count(
    200,
    20,
    60_000,
    'Lateness of the event loop at which browsing is refused; at twice this all but checkout and payments, at four times those too',
  ),
  SHED_POOL_WAITING: Count(
    64,
    1,
    100_000,
    'Requests that wait for a database connection at which browsing is refused; twice and four times as above',
  ),
  SHED_REQUESTS_IN_FLIGHT: Count(
    500,
    1,
    1_000_000,
    'Requests in flight at which browsing is refused; twice and four times as above',
  ),
  METRICS_TOKEN: OptionalSecrets(
    16,
    'Bearer tokens, comma-separated, each of which may read `/metrics` and the details of `/health`',
    {
      production: 'metrics are never public',
      command: `node -p "crypto.randomBytes(24).toString('base64url')"`,
    },
  ),
  // A name that is no role, or a space before one, would silently ask nobody.
  MFA_REQUIRED_ROLES: OptionalText(
    'Roles that must have a second factor, comma-separated, or `none`; absent: `admin` in production, else `none`',
    { pattern: '^(none|(customer|seller|admin)(,(customer|seller|admin))*)$' },
  ),
  COMMISSION_BPS: Count(500, 0, 10_000, 'Default commission in basis points'),
  PAYMENT_PROVIDER: Choice(
    ['simulator', 'none'],
    'Wallet provider for GCash and Maya; `simulator` is refused in production',
    'simulator',
    { production: 'the simulator moves no money', example: 'none' },
  ),
  BUYER_CONTACT_DAYS: Count(
    30,
    1,
    3650,
    'How long after a delivery its seller sees the name, phone, street and notes of the buyer',
  ),
  PAYMENT_EXPIRY_MINUTES: Count(15, 3, 1440, 'How long an unpaid wallet order holds its stock'),
  PAYMENT_RETURN_ORIGINS: OptionalText(
    'Origins that a checkout may send the browser back to after the wallet, comma-separated; absent: none, in development those of this machine',
    { kind: 'list of origins', example: 'https://shop.example.com' },
  ),
  ORDER_CONFIRM_HOURS: Count(
    24,
    1,
    720,
    'How long a seller has to confirm: from a COD checkout, or from a wallet payment; then it is cancelled',
  ),
  ORDER_SHIP_HOURS: Count(
    72,
    1,
    2160,
    'How long a seller has to ship what is confirmed; then it is cancelled',
  ),
  ORDER_REMIND_HOURS: Count(4, 1, 720, 'How long before these two ends a seller is reminded, once'),
  UNPAID_ORDERS_MAX: Count(
    10,
    1,
    10_000,
    'Open orders that one buyer may leave unpaid at a time; three times as many after three deliveries',
  ),
  UNPAID_TOTAL_MAX: Count(
    30_000,
    1,
    9_999_999_999_999,
    'What these may come to, in pesos; three times as much after three deliveries',
  ),
  UNPAID_STOCK_SHARE: Count(
    50,
    1,
    100,
    "Percent of a product's stock that one buyer's unpaid orders may hold",
  ),
  UNPAID_STOCK_FREE: Count(
    1_000,
    0,
    9_999_999_999_999,
    'Worth of one product, in pesos, that they may hold whatever its share',
  ),
  SELLER_MAX_PRODUCTS: Count(
    1_000,
    1,
    1_000_000,
    'Products that a seller may have; removed ones count for 30 days',
  ),
  SELLER_MAX_PROMOS: Count(
    100,
    1,
    100_000,
    'Promos of a seller that have not ended, switched off or not',
  ),
  PRODUCT_MAX_LOTS: Count(100, 1, 10_000, 'Lots of a product that are not empty'),
  SMTP_URL: OptionalText('Mail server; absent in development: `/dev/messages`', {
    secret: true,
    kind: 'URL',
    production: 'codes and order news are sent by mail',
    example: 'smtps://user:password@smtp.example.com:465',
  }),
  SMTP_TLS: Flag(
    'on',
    '`off`: production takes a mail server on another machine without verified TLS, for private networks',
  ),
  MAIL_FROM: Text('Sender of mail', {
    default: 'FreshBytes <no-reply@freshbytes.test>',
    production: 'buyers see who writes to them',
    example: 'FreshBytes <no-reply@example.com>',
  }),
  SMS_PROVIDER: Choice(
    ['semaphore', 'none'],
    'Who sends SMS; `none`: nobody does, and phone numbers cannot be confirmed',
    'semaphore',
  ),
  SEMAPHORE_API_KEY: OptionalText(
    'Key of the Semaphore SMS service, which production demands unless `SMS_PROVIDER` is `none`; absent in development: `/dev/messages`',
    { secret: true },
  ),
  SECURITY_CONTACT: Text('Contact in `security.txt`', {
    default: 'mailto:security@freshbytes.test',
    production: 'whoever finds a hole must know whom to tell',
    example: 'mailto:security@example.com',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: OptionalUrl(
    ['http', 'https'],
    'OpenTelemetry collector that gets traces (OTLP over HTTP); absent: no traces',
  ),
  OTEL_SERVICE_NAME: Text('What traces call this service', { default: 'freshbytes', minLength: 1 }),
  OTEL_TRACES_SAMPLER_ARG: Type.Optional(
    Share('Share of requests whose traces are recorded; absent: 0.1 in production, else 1'),
  ),
  SENTRY_DSN: OptionalText(
    'Server of the Sentry protocol that gets error reports, `https://<key>@<host>/<project>`; absent: none',
    { pattern: SENTRY_DSN_PATTERN, kind: 'URL', secret: true },
  ),
  SENTRY_ENVIRONMENT: OptionalText('What error reports call this environment; absent: `NODE_ENV`'),
  SENTRY_SAMPLE_RATE: Share('Share of errors to report', 1),
  BACKUP_METHOD: Choice(
    ['pg_dump', 'pgbackrest'],
    '`pg_dump`: one encrypted file at a time; `pgbackrest`: the whole cluster, to any moment',
    'pg_dump',
  ),
  BACKUP_DIR: OptionalText('Of `pg_dump`: folder of the files, on another disk than the database'),
  BACKUP_KEY_FILE: OptionalText(
    'Of `pg_dump`: file with the key that encrypts, 32 random bytes in base64',
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
});
type EnvironmentValues = Static<typeof Environment>;

/** One variable, as its schema tells of it. */
export interface Setting extends Marks {
  readonly name: string;
  readonly type?: 'string' | 'integer' | 'number';
  readonly description: string;
  readonly default?: string | number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

/** In the order of the reference. */
export const SETTINGS: readonly Setting[] = Object.entries(Environment.properties).map(
  ([name, schema]) => ({ description: '', ...(schema as Partial<Setting>), name }),
);

export type Config = Readonly<
  EnvironmentValues & {
    MFA_REQUIRED_ROLES: string;
    isProduction: boolean;
    isDevelopment: boolean;
    publicUrl: string;
    version: string;
  }
>;

/** Thrown with every fault at once, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Checks the environment and completes it with defaults. Secrets may come from files: `<NAME>_FILE`.
 * @throws ConfigError naming everything that is missing or wrong
 */
export function loadConfig(env: Env, version: string): Config {
  const sources = readSources(env, SETTINGS);
  const given = Object.fromEntries([...sources.values].map(([name, { value }]) => [name, value]));
  const isProduction = given['NODE_ENV'] === 'production';
  const { values, malformed } = parseSettings(Environment, given);
  const wellFormed = Object.fromEntries(
    Object.entries(given).filter(([name]) => !malformed.has(name)),
  );
  const faults = [...sources.faults.values(), ...malformed.values(), ...valueFaults(wellFormed)];
  if (isProduction) {
    const isMissing = (name: string) => given[name] === undefined && !sources.faults.has(name);
    faults.push(...missingFaults(SETTINGS, isMissing), ...productionFaults(wellFormed));
    if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0')
      faults.push('NODE_TLS_REJECT_UNAUTHORIZED must not be 0: no certificate would be checked');
  }
  if (values === undefined || faults.length > 0) throw new ConfigError(faults.join('\n'));
  return Object.freeze({
    ...values,
    MFA_REQUIRED_ROLES: values.MFA_REQUIRED_ROLES ?? (isProduction ? 'admin' : 'none'),
    isProduction,
    isDevelopment: values.NODE_ENV === 'development',
    publicUrl: (values.PUBLIC_URL ?? `http://localhost:${values.PORT}`).replace(/\/+$/, ''),
    version,
  });
}
