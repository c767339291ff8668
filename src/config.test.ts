import { describe, expect, it } from 'vitest';
import { faultsOf, PRODUCTION, WEAK } from './config/config.testkit.ts';
import { loadConfig, SETTINGS } from './config.ts';

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
    ['DATABASE_REPLICA_URL', 'postgres://db/market', 'DATABASE_REPLICA_URL needs DATABASE_URL'],
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
