import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePrivateKey } from '../test/support/private-key.ts';
import { MAX_SECRET_FILE_BYTES, readSources } from './config/sources.ts';
import { ConfigError, loadConfig, SETTINGS } from './config.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://shop@db/shop?sslmode=verify-full',
  APP_SECRET: 'q7Hw2mPz9Xc4Vb6Nn1Ld8Kf3Js5Ga0RtYe',
  JWT_PRIVATE_KEYS: makePrivateKey(),
  PUBLIC_URL: 'https://api.freshbytes.ph/',
  MAIL_FROM: 'FreshBytes <no-reply@freshbytes.ph>',
  SECURITY_CONTACT: 'mailto:security@freshbytes.ph',
  METRICS_TOKEN: 'a-token-for-metrics',
  SMTP_URL: 'smtps://mail',
  SEMAPHORE_API_KEY: 'key',
  PAYMENT_PROVIDER: 'none',
};

const WEAK = 'a'.repeat(40);

function faultsOf(env: Record<string, string>): string[] {
  try {
    loadConfig(env, '1.0.0');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('needs nothing in development', () => {
    const config = loadConfig({}, '1.0.0');
    expect(config).toMatchObject({
      NODE_ENV: 'development',
      isDevelopment: true,
      isProduction: false,
    });
    expect(config).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8000,
      RATE_LIMITS: 'on',
      LOG_LEVEL: 'info',
    });
    expect(config.publicUrl).toBe('http://localhost:8000');
  });

  it('takes blank variables as absent and leaves the others of the environment alone', () => {
    const config = loadConfig({ DATABASE_URL: '', PORT: '9000', HOME: '/root' }, '1.0.0');
    expect(config.DATABASE_URL).toBeUndefined();
    expect(config.publicUrl).toBe('http://localhost:9000');
    expect(config).not.toHaveProperty('HOME');
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(loadConfig({}, '1.0.0'))).toBe(true);
  });

  it.each([
    ['NODE_ENV', 'staging', 'NODE_ENV must be one of development, test, production'],
    [
      'LOG_LEVEL',
      'loud',
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent',
    ],
    ['PORT', '65536', 'PORT must be <= 65535'],
    ['PORT', 'http', 'PORT must be integer'],
    ['APP_SECRET', 'short', 'at least 32 characters each'],
    ['APP_SECRET', `${'a'.repeat(32)},short`, 'at least 32 characters each'],
    ['APP_SECRET', `${'a'.repeat(32)}, ${'b'.repeat(32)}`, 'APP_SECRET has the wrong form'],
    ['APP_SECRET', `${'a'.repeat(32)}\n${'b'.repeat(32)}`, 'APP_SECRET has the wrong form'],
    ['JWT_PRIVATE_KEYS', 'MC4CAQAwBQYDK2Vw', 'JWT_PRIVATE_KEYS must hold Ed25519 private keys'],
    ['JWT_PRIVATE_KEYS', `${PRODUCTION.JWT_PRIVATE_KEYS},`, 'JWT_PRIVATE_KEYS must hold Ed25519'],
    ['DATABASE_URL', 'mysql://db', 'DATABASE_URL has the wrong form'],
    ['REDIS_URL', 'localhost:6379', 'REDIS_URL has the wrong form'],
    ['REDIS_URL', 'redissentinel://one/name', 'REDIS_URL has the wrong form'],
    ['REDIS_URL', 'redis+sentinel://one', 'REDIS_URL is not an address'],
    ['DATABASE_DIRECT_URL', 'mysql://db', 'DATABASE_DIRECT_URL has the wrong form'],
    ['DATABASE_REPLICA_URL', 'postgres://db/shop', 'DATABASE_REPLICA_URL needs DATABASE_URL'],
    ['PUBLIC_URL', 'localhost', 'PUBLIC_URL has the wrong form'],
    ['RATE_LIMIT_USER', '0/hour', 'RATE_LIMIT_USER has the wrong form'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'OTEL_EXPORTER_OTLP_ENDPOINT has the wrong'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://h:99999', 'OTEL_EXPORTER_OTLP_ENDPOINT is not an'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'OTEL_TRACES_SAMPLER_ARG must be <= 1'],
    ['SENTRY_SAMPLE_RATE', '-1', 'SENTRY_SAMPLE_RATE must be >= 0'],
  ])('refuses %s=%s and says what would be accepted', (name, value, fault) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
  });

  it.each([
    'hunter2',
    'https://sentry.example.com/hunter2',
    'https://hunter2@sentry.example.com',
    'https://hunter2@sentry.example.com/project',
    'https://hunter2@sentry.example.com:99999/1',
    'https://hunter2@999.999.999.999/1',
    'https://hunter2@sentry example/1',
    'ftp://hunter2@sentry.example.com/1',
  ])('refuses the malformed SENTRY_DSN %s without repeating it', (dsn) => {
    const faults = faultsOf({ SENTRY_DSN: dsn });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^SENTRY_DSN (has the wrong form|is not an address)/);
    expect(faults[0]).not.toContain('hunter2');
  });

  it('takes a DSN and shares as they are', () => {
    const SENTRY_DSN = 'https://abc@sentry.example.com/errors/42';
    const shares = { OTEL_TRACES_SAMPLER_ARG: '0.25', SENTRY_SAMPLE_RATE: '0' };
    expect(loadConfig({ SENTRY_DSN, ...shares }, '1.0.0')).toMatchObject({
      SENTRY_DSN,
      OTEL_TRACES_SAMPLER_ARG: 0.25,
      SENTRY_SAMPLE_RATE: 0,
    });
  });

  it('never repeats a value, which may be a secret', () => {
    const env = { APP_SECRET: 'hunter2', DATABASE_URL: 'hunter2', METRICS_TOKEN: 'hunter2' };
    const faults = faultsOf(env);
    expect(faults).toHaveLength(3);
    expect(faults.join()).not.toContain('hunter2');
  });
});

describe('production', () => {
  it('starts with everything that it demands', () => {
    const config = loadConfig(PRODUCTION, '1.0.0');
    expect(config.isProduction).toBe(true);
    expect(config.publicUrl).toBe('https://api.freshbytes.ph');
  });

  it('names all that is missing or wrong at once', () => {
    const faults = faultsOf({
      NODE_ENV: 'production',
      PORT: 'x',
      RATE_LIMITS: 'off',
      PUBLIC_URL: 'http://a',
    });
    const named = [
      'PORT',
      'DATABASE_URL',
      'APP_SECRET',
      'JWT_PRIVATE_KEYS',
      'METRICS_TOKEN',
      'SMTP_URL',
      'MAIL_FROM',
      'SECURITY_CONTACT',
    ];
    for (const name of [
      ...named,
      'SEMAPHORE_API_KEY',
      'RATE_LIMITS',
      'PAYMENT_PROVIDER',
      'PUBLIC_URL',
    ]) {
      expect(faults.filter((fault) => fault.startsWith(name))).toHaveLength(1);
    }
    expect(faults).toHaveLength(12);
  });

  it.each([
    'DATABASE_URL',
    'APP_SECRET',
    'JWT_PRIVATE_KEYS',
    'PUBLIC_URL',
    'METRICS_TOKEN',
    'SMTP_URL',
    'SEMAPHORE_API_KEY',
    'MAIL_FROM',
    'SECURITY_CONTACT',
  ])('does not start without %s', (name) => {
    expect(faultsOf({ ...PRODUCTION, [name]: '' })).toEqual([
      expect.stringContaining(`${name} is missing`),
    ]);
  });

  it.each([
    ['APP_SECRET', WEAK],
    ['APP_SECRET', `${PRODUCTION.APP_SECRET},${WEAK}`],
    ['AUDIT_SEAL_SECRETS', `${PRODUCTION.APP_SECRET},${WEAK}`],
    ['METRICS_TOKEN', `${PRODUCTION.METRICS_TOKEN},${WEAK}`],
    ['JWT_PRIVATE_KEYS', `${PRODUCTION.JWT_PRIVATE_KEYS},${WEAK}`],
    ['RATE_LIMITS', 'off'],
    ['LOCAL_PROXY', '10.213.0.2'],
    ['PAYMENT_PROVIDER', 'simulator'],
    ['PAYMENT_PROVIDER', ''],
    ['PUBLIC_URL', 'http://api.freshbytes.ph'],
  ])('does not start with %s=%j', (name, value) => {
    expect(faultsOf({ ...PRODUCTION, [name]: value })).toEqual([expect.stringContaining(name)]);
  });
});

describe('addresses of other machines', () => {
  const faultsWith = (env: Record<string, string>) => faultsOf({ ...PRODUCTION, ...env });

  it.each([
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop'],
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?sslmode=require'],
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?sslmode=no-verify'],
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?sslmode=disable'],
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?ssl=true'],
    ['DATABASE_URL', 'postgres://shop@localhost/shop?host=db.shop.ph'],
    ['DATABASE_URL', 'postgres://shop@localhost.shop.ph/shop'],
    ['DATABASE_DIRECT_URL', 'postgres://shop@10.0.0.11:5432/shop'],
    ['DATABASE_REPLICA_URL', 'postgres://shop@10.0.0.12:5432/shop?sslmode=require'],
    ['REDIS_URL', 'redis://redis.shop.ph:6379'],
    ['REDIS_URL', 'redis://:secret@10.0.0.12'],
    ['REDIS_URL', 'redis+sentinel://127.0.0.1,10.0.0.12/shop'],
    ['SMTP_URL', 'smtp://mail.shop.ph'],
    ['SMTP_URL', 'smtp://mail.shop.ph:587?requireTLS=false'],
    ['SMTP_URL', 'smtp://mail.shop.ph:587?requireTLS=true&ignoreTLS=true'],
    ['SMTP_URL', 'smtps://mail.shop.ph?tls.rejectUnauthorized=false'],
    ['SMTP_URL', 'mail.shop.ph'],
    ['S3_ENDPOINT', 'http://s3.shop.ph:9000'],
    ['S3_ENDPOINT', 'http://localhost.shop.ph'],
  ])(
    'are refused without verified TLS, and one setting is named that allows them: %s=%s',
    (name, value) => {
      const [fault, ...others] = faultsWith({ [name]: value });
      expect([fault?.startsWith(`${name} leads to another machine without`), others]).toEqual([
        true,
        [],
      ]);
      const setting = `${name.split('_')[0]}_TLS`;
      expect(fault).toContain(`${setting}=off`);
      expect(faultsWith({ [name]: value, [setting]: 'off' })).toEqual([]);
    },
  );

  it.each([
    ['DATABASE_URL', 'postgres://shop@db.shop.ph/shop?sslmode=verify-full&sslrootcert=/etc/ca.pem'],
    ['DATABASE_URL', 'postgres://shop@localhost/shop'],
    ['DATABASE_URL', 'postgres://shop@[::1]:5432/shop'],
    ['DATABASE_URL', 'postgres://shop@127.0.0.1:6432/shop'],
    ['DATABASE_URL', 'postgres://shop@/shop?host=/run/postgresql'],
    ['DATABASE_URL', 'postgres:///shop?host=%2Frun%2Fpostgresql'],
    ['DATABASE_URL', 'postgres://%2Frun%2Fpostgresql/shop'],
    ['REDIS_URL', 'rediss://redis.shop.ph:6379'],
    ['REDIS_URL', 'redis://localhost:6379'],
    ['REDIS_URL', 'redis+sentinel://127.0.0.1:26379,localhost/shop'],
    ['SMTP_URL', 'smtps://user:password@mail.shop.ph'],
    ['SMTP_URL', 'smtp://mail.shop.ph:587?requireTLS=true'],
    ['SMTP_URL', 'smtp://127.0.0.1:25'],
    ['S3_ENDPOINT', 'https://s3.shop.ph/files'],
    ['S3_ENDPOINT', 'http://127.0.0.1:9000'],
  ])('are taken where nobody can listen: %s=%s', (name, value) => {
    expect(faultsWith({ [name]: value })).toEqual([]);
  });

  it('are not judged in development', () => {
    expect(faultsOf({ SMTP_URL: 'smtp://mail', REDIS_URL: 'redis://redis' })).toEqual([]);
  });

  it('are refused where no certificate is checked at all', () => {
    expect(faultsWith({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual([
      expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED'),
    ]);
  });
});

describe('placeholders of the documentation', () => {
  it.each([
    ['PUBLIC_URL', 'https://api.example.com'],
    ['PUBLIC_URL', 'https://api.freshbytes.test:8443/'],
    ['DATABASE_URL', 'postgres://a:b@db.example.com/shop?sslmode=verify-full'],
    ['SMTP_URL', 'smtps://user:password@smtp.example.org:465'],
    ['MAIL_FROM', 'FreshBytes <no-reply@freshbytes.test>'],
    ['SECURITY_CONTACT', 'mailto:security@freshbytes.test'],
    ['SEMAPHORE_API_KEY', 'put-the-real-semaphore_api_key-here'],
    ['METRICS_TOKEN', 'change-me-1234567890'],
    ['CORS_ORIGINS', 'https://shop.example'],
  ])('are refused in production, without repeating them: %s=%s', (name, value) => {
    expect(faultsOf({ ...PRODUCTION, [name]: value })).toEqual([
      `${name} still holds a placeholder of the documentation`,
    ]);
    if (name !== 'SEMAPHORE_API_KEY') expect(faultsOf({ [name]: value })).toEqual([]);
  });

  it.each(['https://api.testing.ph', 'https://test.freshbytes.ph', 'https://example.ph'])(
    'are not %s',
    (PUBLIC_URL) => {
      expect(faultsOf({ ...PRODUCTION, PUBLIC_URL })).toEqual([]);
    },
  );

  it('do no harm where no SMS is sent', () => {
    const SEMAPHORE_API_KEY = 'put-the-real-semaphore_api_key-here';
    const without = { ...PRODUCTION, SMS_PROVIDER: 'none' };
    expect(faultsOf({ ...without, SEMAPHORE_API_KEY })).toEqual([]);
    expect(faultsOf({ ...without, SEMAPHORE_API_KEY: '' })).toEqual([]);
  });

  it('are all that the example of an environment needs replaced', () => {
    const example = parseEnv(readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8'));
    const faults = faultsOf({ ...example, NODE_ENV: 'production' });
    expect(faults.filter((fault) => fault.includes('placeholder')).length).toBeGreaterThan(0);
  });
});

describe('lists', () => {
  it.each([
    '10.0.0.2',
    '10.244.0.0/16, fd00::/8',
    'loopback,uniquelocal',
    '::1',
    '2001:db8::7/128',
  ])('of proxies may be %s', (TRUST_PROXY) => {
    expect(loadConfig({ TRUST_PROXY }, '1.0.0').TRUST_PROXY).toBe(TRUST_PROXY);
  });

  it.each([
    'true',
    '1',
    'proxy',
    '10.0.0.0/33',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.2;10.0.0.3',
    '10.0.0.2,',
  ])('of proxies may not be %s', (TRUST_PROXY) => {
    expect(faultsOf({ TRUST_PROXY })).toEqual([expect.stringContaining('TRUST_PROXY must list')]);
    expect(faultsOf({ ...PRODUCTION, TRUST_PROXY })).toHaveLength(1);
  });

  it.each(['https://shop.ph', 'https://shop.ph, http://localhost:5173', 'https://shop.ph:8443'])(
    'of origins may be %s',
    (CORS_ORIGINS) => {
      expect(loadConfig({ CORS_ORIGINS }, '1.0.0').CORS_ORIGINS).toBe(CORS_ORIGINS);
    },
  );

  it.each([
    ...['shop.ph', 'localhost:3000', 'https://shop.ph/', 'https://shop.ph/app', '*', 'null'],
    ...[
      'https://*.shop.ph',
      'https://shop.ph:443',
      'ftp://shop.ph',
      'https://shop.ph,',
      'https://Shop.ph',
    ],
  ])('of origins may not be %s', (CORS_ORIGINS) => {
    expect(faultsOf({ CORS_ORIGINS })).toEqual([expect.stringContaining('CORS_ORIGINS must list')]);
  });
});

describe('secrets from files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'freshbytes-config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function file(text: string): Promise<string> {
    const path = join(folder, randomUUID());
    await writeFile(path, text);
    return path;
  }

  it.each(SETTINGS.filter(({ secret }) => secret).map(({ name }) => name))(
    'are taken for %s, less one newline at the end',
    async (name) => {
      const path = await file('hunter2\n');
      const { values, faults } = readSources({ [`${name}_FILE`]: path }, SETTINGS);
      expect([...values]).toEqual([[name, { value: 'hunter2', path }]]);
      expect(faults.size).toBe(0);
    },
  );

  it('keep any other white space, which may belong to them', async () => {
    const SMTP_URL_FILE = await file(' smtp://mail \r\n\r\n');
    expect(loadConfig({ SMTP_URL_FILE }, '1.0.0').SMTP_URL).toBe(' smtp://mail \r\n');
  });

  it('satisfy production, and are held to the same rules', async () => {
    const { APP_SECRET, ...rest } = PRODUCTION;
    const APP_SECRET_FILE = await file(APP_SECRET);
    expect(loadConfig({ ...rest, APP_SECRET_FILE }, '1.0.0').APP_SECRET).toBe(APP_SECRET);
    expect(faultsOf({ ...rest, APP_SECRET_FILE: await file(WEAK) })).toEqual([
      'APP_SECRET holds a weak secret: too few different characters',
    ]);
  });

  it('cannot be given beside the variable', async () => {
    const env = { APP_SECRET: 'hunter2', APP_SECRET_FILE: await file('hunter2') };
    expect(faultsOf(env)).toEqual(['APP_SECRET and APP_SECRET_FILE are both set: keep one']);
  });

  it.each([
    ['is not there', () => join(folder, 'absent'), 'cannot be read (ENOENT)'],
    ['is a folder', () => folder, 'is not a file'],
    ['is empty', () => file(''), 'is empty'],
    ['holds a newline alone', () => file('\n'), 'is empty'],
    ['is too large', () => file('x'.repeat(MAX_SECRET_FILE_BYTES + 1)), 'is larger than 65536'],
  ])('name variable and path where the file %s, and nothing else', async (_how, make, fault) => {
    const path = await make();
    const { APP_SECRET: _, ...rest } = PRODUCTION;
    const faults = faultsOf({ ...rest, APP_SECRET_FILE: path });
    expect(faults).toEqual([expect.stringContaining(`APP_SECRET_FILE: ${path} ${fault}`)]);
  });

  it('are for secrets alone: other variables are not read from files', async () => {
    expect(loadConfig({ PORT_FILE: await file('9000') }, '1.0.0').PORT).toBe(8000);
  });
});

describe('PAYMENT_RETURN_ORIGINS', () => {
  const fault = expect.stringContaining('PAYMENT_RETURN_ORIGINS must list origins');
  const faultsWith = (PAYMENT_RETURN_ORIGINS: string, env = {}) =>
    faultsOf({ ...env, PAYMENT_RETURN_ORIGINS });

  it.each([
    'https://shop.freshbytes.ph',
    'https://shop.freshbytes.ph:8443, https://app.freshbytes.ph',
    'http://localhost:3000',
  ])('takes %s', (list) => {
    expect(faultsWith(list)).toEqual([]);
  });

  it.each([
    'shop.freshbytes.ph',
    'https://shop.freshbytes.ph/',
    'https://shop.freshbytes.ph/thanks',
    'https://*.freshbytes.ph',
    'http://shop.freshbytes.ph',
    'https://shop.freshbytes.ph,',
    'https://user@shop.freshbytes.ph',
    'myapp://shop',
    '*',
  ])('refuses %s', (list) => {
    expect(faultsWith(list)).toEqual([fault]);
  });

  it('refuses http in production, this machine’s too', () => {
    expect(faultsWith('http://localhost:3000', PRODUCTION)).toEqual([fault]);
    expect(faultsWith('https://shop.freshbytes.ph', PRODUCTION)).toEqual([]);
  });
});

describe('the storage of uploads', () => {
  const S3 = {
    S3_ENDPOINT: 'https://s3.shop.ph',
    S3_BUCKET: 'uploads',
    S3_ACCESS_KEY_ID: 'id',
    S3_SECRET_ACCESS_KEY: 'secret',
  };

  it('is the disk, and needs nothing', () => {
    expect(loadConfig({}, '1.0.0')).toMatchObject({ STORAGE: 'disk', S3_REGION: 'us-east-1' });
  });

  it.each([{ STORAGE: 's3' }, { STORAGE_FALLBACK: 's3' }])(
    'is a bucket only with everything that leads there: %j',
    (use) => {
      const [setting = ''] = Object.keys(use);
      expect(faultsOf(use)).toEqual(
        Object.keys(S3).map((name) => `${name} is missing: ${setting}=s3 needs it`),
      );
      expect(faultsOf({ ...use, ...S3 })).toEqual([]);
    },
  );

  it.each([
    [{ STORAGE_FALLBACK: 'disk' }, 'STORAGE_FALLBACK'],
    [{ STORAGE: 's3', STORAGE_FALLBACK: 's3', ...S3 }, 'STORAGE_FALLBACK'],
    [{ S3_ENDPOINT: 'https://id@s3.shop.ph' }, 'S3_ENDPOINT'],
    [{ S3_ENDPOINT: 'https://s3.shop.ph?bucket=uploads' }, 'S3_ENDPOINT'],
    [{ S3_ENDPOINT: 's3.shop.ph' }, 'S3_ENDPOINT'],
    [{ S3_BUCKET: 'Uploads/images' }, 'S3_BUCKET'],
    [{ STORAGE: 'nfs' }, 'STORAGE'],
  ])('is refused as %j', (env, name) => {
    expect(faultsOf(env)).toEqual([expect.stringContaining(name)]);
  });
});

describe('the reference', () => {
  it('describes every setting, and says which are secrets', () => {
    expect(SETTINGS.filter(({ description }) => description === '')).toEqual([]);
    const secrets = SETTINGS.filter(({ secret }) => secret).map(({ name }) => name);
    expect(secrets).toEqual(
      expect.arrayContaining([
        'DATABASE_URL',
        'REDIS_URL',
        'APP_SECRET',
        'AUDIT_SEAL_SECRETS',
        'JWT_PRIVATE_KEYS',
        'METRICS_TOKEN',
        'SMTP_URL',
        'SEMAPHORE_API_KEY',
        'SENTRY_DSN',
        'S3_ACCESS_KEY_ID',
        'S3_SECRET_ACCESS_KEY',
      ]),
    );
  });

  it('holds what outsiders rely on, with these defaults', () => {
    expect(Object.fromEntries(SETTINGS.map((it) => [it.name, it.default]))).toMatchObject({
      PORT: 8000,
      HOST: '127.0.0.1',
      NODE_ENV: 'development',
      PUBLIC_URL: undefined,
      DATABASE_URL: undefined,
      REDIS_URL: undefined,
      DATA_DIR: './data',
      RATE_LIMIT_ANONYMOUS: '600/minute',
      RATE_LIMIT_USER: '5000/hour',
      RATE_LIMIT_BURST: '300/minute',
      RATE_LIMIT_LOGIN: '5/minute',
      RATE_LIMIT_REGISTER: '10/minute',
      RATE_LIMITS: 'on',
      CORS_ORIGINS: undefined,
      TRUST_PROXY: undefined,
      METRICS_TOKEN: undefined,
      SENTRY_DSN: undefined,
      OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
      LOG_LEVEL: 'info',
    });
  });
});
