import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://shop@db/shop',
  APP_SECRET: 'q7Hw2mPz9Xc4Vb6Nn1Ld8Kf3Js5Ga0RtYe',
  JWT_PRIVATE_KEYS: 'MC4CAQAwBQYDK2Vw',
  PUBLIC_URL: 'https://api.example.com/',
  METRICS_TOKEN: 'a-token-for-metrics',
  SMTP_URL: 'smtp://mail',
  SEMAPHORE_API_KEY: 'key',
  PAYMENT_PROVIDER: 'none',
};

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
    ['APP_SECRET', 'short', 'APP_SECRET must NOT have fewer than 32 characters'],
    ['DATABASE_URL', 'mysql://db', 'DATABASE_URL has the wrong form'],
    ['REDIS_URL', 'localhost:6379', 'REDIS_URL has the wrong form'],
    ['PUBLIC_URL', 'localhost', 'PUBLIC_URL has the wrong form'],
    ['RATE_LIMIT_USER', '0/hour', 'RATE_LIMIT_USER has the wrong form'],
  ])('refuses %s=%s and says what would be accepted', (name, value, fault) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
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
    expect(config.publicUrl).toBe('https://api.example.com');
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
    expect(faults).toHaveLength(10);
  });

  it.each([
    'DATABASE_URL',
    'APP_SECRET',
    'JWT_PRIVATE_KEYS',
    'PUBLIC_URL',
    'METRICS_TOKEN',
    'SMTP_URL',
    'SEMAPHORE_API_KEY',
  ])('does not start without %s', (name) => {
    expect(faultsOf({ ...PRODUCTION, [name]: '' })).toEqual([
      expect.stringContaining(`${name} is missing`),
    ]);
  });

  it.each([
    ['APP_SECRET', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['RATE_LIMITS', 'off'],
    ['PAYMENT_PROVIDER', 'simulator'],
    ['PAYMENT_PROVIDER', ''],
    ['PUBLIC_URL', 'http://api.example.com'],
  ])('does not start with %s=%j', (name, value) => {
    expect(faultsOf({ ...PRODUCTION, [name]: value })).toEqual([expect.stringContaining(name)]);
  });
});
