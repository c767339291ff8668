// The environment, read once into one checked and frozen object; nothing else reads process.env.
import { envSchema } from 'env-schema';
import { type Static, Type } from 'typebox';

const Choice = <const T extends readonly string[]>(
  values: T,
  description: string,
  fallback?: T[number],
) =>
  Type.Unsafe<T[number]>({
    type: 'string',
    enum: [...values],
    description,
    ...(fallback === undefined ? {} : { default: fallback }),
  });
const Flag = (fallback: 'on' | 'off', description: string) =>
  Choice(['on', 'off'], description, fallback);
const Text = (description: string, options: { default?: string; minLength?: number } = {}) =>
  Type.String({ ...options, description });
const OptionalText = (
  description: string,
  options: { minLength?: number; pattern?: string } = {},
) => Type.Optional(Type.String({ ...options, description }));
const OptionalUrl = (schemes: readonly string[], description: string) =>
  Type.Optional(
    Type.String({
      pattern: `^(${schemes.join('|')})://[^\\s]+$`,
      description: `${description}; \`${schemes.join('://…` or `')}://…\``,
    }),
  );
const Rate = (fallback: string, description: string) =>
  Type.String({
    default: fallback,
    pattern: '^[1-9]\\d{0,6}/(second|minute|hour|day)$',
    description: `${description}; \`<count>/<second, minute, hour or day>\``,
  });
const Count = (fallback: number, minimum: number, maximum: number, description: string) =>
  Type.Integer({ default: fallback, minimum, maximum, description });

/** Every variable that the API reads, in the order in which the reference table shows them. */
export const Environment = Type.Object({
  NODE_ENV: Choice(
    ['development', 'test', 'production'],
    '`production` demands real settings and never seeds',
    'development',
  ),
  HOST: Text('Address to listen on', { default: '127.0.0.1' }),
  PORT: Count(8000, 0, 65_535, 'Port to listen on'),
  PUBLIC_URL: OptionalUrl(
    ['http', 'https'],
    'What absolute URLs in answers begin with; `http://localhost:<PORT>` if absent',
  ),
  DATA_DIR: Text('Embedded database and uploads', { default: './data' }),
  DATABASE_URL: OptionalUrl(
    ['postgres', 'postgresql'],
    'PostgreSQL 15 to 18; absent: the embedded server',
  ),
  DATABASE_POOL_SIZE: Count(8, 1, 100, 'Connections a process keeps to PostgreSQL'),
  REDIS_URL: OptionalUrl(['redis', 'rediss'], 'Redis 7 or Valkey; absent: memory'),
  APP_SECRET: OptionalText(
    'At least 32 characters; signs cursors, codes and links, and encrypts second factors',
    {
      minLength: 32,
    },
  ),
  JWT_PRIVATE_KEYS: OptionalText(
    'Ed25519 private keys (PKCS #8, base64 of the DER), comma-separated; the first signs, all verify',
  ),
  LOG_LEVEL: Choice(
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    'What the log holds',
    'info',
  ),
  TRUST_PROXY: OptionalText('Addresses or networks of proxies whose `X-Forwarded-For` is believed'),
  CORS_ORIGINS: OptionalText('Origins that browsers may call from, comma-separated'),
  RATE_LIMITS: Flag('on', '`off` is refused in production'),
  RATE_LIMIT_ANONYMOUS: Rate('100/hour', 'Per address, not signed in'),
  RATE_LIMIT_USER: Rate('1000/hour', 'Per signed-in user'),
  RATE_LIMIT_BURST: Rate('60/minute', 'Per caller, on top of the two above'),
  RATE_LIMIT_LOGIN: Rate('5/minute', 'Sign-ins per account and address'),
  RATE_LIMIT_REGISTER: Rate('3/minute', 'Registrations per address'),
  METRICS_TOKEN: OptionalText(
    'Bearer token that may read `/metrics` and the details of `/health`',
    { minLength: 16 },
  ),
  // A name that is no role, or a space before one, would silently ask nobody.
  MFA_REQUIRED_ROLES: OptionalText('Roles that must have a second factor, comma-separated', {
    pattern: '^(customer|seller|admin)(,(customer|seller|admin))*$',
  }),
  COMMISSION_BPS: Count(500, 0, 10_000, 'Default commission in basis points'),
  PAYMENT_PROVIDER: Choice(
    ['simulator', 'none'],
    'Wallet provider for GCash and Maya; `simulator` is refused in production',
    'simulator',
  ),
  PAYMENT_EXPIRY_MINUTES: Count(15, 3, 1440, 'How long an unpaid wallet order holds its stock'),
  SMTP_URL: OptionalText('Mail server; absent in development: `/dev/messages`'),
  MAIL_FROM: Text('Sender of mail', { default: 'FreshBytes <no-reply@freshbytes.test>' }),
  SEMAPHORE_API_KEY: OptionalText(
    'Key of the Semaphore SMS service; absent in development: `/dev/messages`',
  ),
  SECURITY_CONTACT: Text('Contact in `security.txt`', {
    default: 'mailto:security@freshbytes.test',
  }),
  WORKER: Flag('on', 'Whether `serve` runs the jobs too'),
  DRAIN_MS: Count(0, 0, 120_000, 'How long a stopping server keeps serving after readiness fails'),
});
type EnvironmentValues = Static<typeof Environment>;

export type Config = Readonly<
  EnvironmentValues & {
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
 * Checks the environment and completes it with defaults.
 * @throws ConfigError naming everything that is missing or wrong
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  version: string,
): Config {
  const given = withoutBlanks(env);
  const isProduction = given['NODE_ENV'] === 'production';
  const { values, faults } = parse(given);
  if (isProduction) faults.push(...productionFaults(given));
  if (values === undefined || faults.length > 0) throw new ConfigError(faults.join('\n'));
  return Object.freeze({
    ...values,
    isProduction,
    isDevelopment: values.NODE_ENV === 'development',
    publicUrl: (values.PUBLIC_URL ?? `http://localhost:${values.PORT}`).replace(/\/+$/, ''),
    version,
  });
}

function withoutBlanks(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const known = Object.keys(Environment.properties);
  return Object.fromEntries(known.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

function parse(data: Record<string, string>): { values?: EnvironmentValues; faults: string[] } {
  try {
    return {
      values: envSchema<EnvironmentValues>({ schema: Environment, data, env: false }),
      faults: [],
    };
  } catch (error) {
    const problems = (error as { errors?: SchemaProblem[] }).errors ?? [];
    if (problems.length === 0) throw error;
    return { faults: problems.map(sentence) };
  }
}

interface SchemaProblem {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Says what would be accepted, and never the value: it may be a secret. */
function sentence({ instancePath, keyword, message, params }: SchemaProblem): string {
  const name = instancePath.slice(1);
  if (keyword === 'enum')
    return `${name} must be one of ${(params['allowedValues'] as string[]).join(', ')}`;
  if (keyword === 'pattern') return `${name} has the wrong form. ${descriptions.get(name)}`;
  return `${name} ${message ?? 'is wrong'}`;
}

const descriptions = new Map(
  Object.entries(Environment.properties).map(([name, schema]) => [
    name,
    'description' in schema ? schema.description : '',
  ]),
);

function productionFaults(values: Readonly<Record<string, string>>): string[] {
  const faults: string[] = [];
  const demand = (name: keyof EnvironmentValues, why: string) => {
    if (values[name] === undefined) faults.push(`${name} is missing: ${why}`);
  };
  demand('DATABASE_URL', 'production never starts the embedded server');
  demand('APP_SECRET', 'at least 32 random characters');
  demand('JWT_PRIVATE_KEYS', 'an Ed25519 private key, PKCS #8, base64');
  demand('PUBLIC_URL', 'answers contain absolute URLs');
  demand('METRICS_TOKEN', 'metrics are never public');
  demand('SMTP_URL', 'codes and order news are sent by mail');
  demand('SEMAPHORE_API_KEY', 'codes are sent by SMS');
  if (values['APP_SECRET'] !== undefined && new Set(values['APP_SECRET']).size < 12) {
    faults.push('APP_SECRET is weak: too few different characters');
  }
  if (values['RATE_LIMITS'] === 'off') faults.push('RATE_LIMITS must not be off');
  if ((values['PAYMENT_PROVIDER'] ?? 'simulator') === 'simulator')
    faults.push('PAYMENT_PROVIDER must not be simulator');
  if (values['PUBLIC_URL'] !== undefined && !values['PUBLIC_URL'].startsWith('https://')) {
    faults.push('PUBLIC_URL must begin with https://');
  }
  return faults;
}
