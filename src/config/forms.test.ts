import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { faultsOf, PRODUCTION } from './config.testkit.ts';

describe('placeholders of the documentation', () => {
  it.each([
    ['PUBLIC_URL', 'https://api.example.com'],
    ['PUBLIC_URL', 'https://api.freshbytes.test:8443/'],
    ['DATABASE_URL', 'postgres://a:b@db.example.com/market?sslmode=verify-full'],
    ['SMTP_URL', 'smtps://user:password@smtp.example.org:465'],
    ['MAIL_FROM', 'FreshBytes <no-reply@freshbytes.test>'],
    ['SECURITY_CONTACT', 'mailto:security@freshbytes.test'],
    ['SEMAPHORE_API_KEY', 'put-the-real-semaphore_api_key-here'],
    ['METRICS_TOKEN', 'change-me-1234567890'],
    ['CORS_ORIGINS', 'https://market.example'],
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
    const example = parseEnv(readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8'));
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

  it.each([
    'https://market.ph',
    'https://market.ph, http://localhost:5173',
    'https://market.ph:8443',
  ])('of origins may be %s', (CORS_ORIGINS) => {
    expect(loadConfig({ CORS_ORIGINS }, '1.0.0').CORS_ORIGINS).toBe(CORS_ORIGINS);
  });

  it.each([
    ...['market.ph', 'localhost:3000', 'https://market.ph/', 'https://market.ph/app', '*', 'null'],
    ...[
      'https://*.market.ph',
      'https://market.ph:443',
      'ftp://market.ph',
      'https://market.ph,',
      'https://Market.ph',
    ],
  ])('of origins may not be %s', (CORS_ORIGINS) => {
    expect(faultsOf({ CORS_ORIGINS })).toEqual([expect.stringContaining('CORS_ORIGINS must list')]);
  });
});

describe('PAYMENT_RETURN_ORIGINS', () => {
  const fault = expect.stringContaining('PAYMENT_RETURN_ORIGINS must list origins');
  const faultsWith = (PAYMENT_RETURN_ORIGINS: string, env = {}) =>
    faultsOf({ ...env, PAYMENT_RETURN_ORIGINS });

  it.each([
    'https://market.freshbytes.ph',
    'https://market.freshbytes.ph:8443, https://app.freshbytes.ph',
    'http://localhost:3000',
  ])('takes %s', (list) => {
    expect(faultsWith(list)).toEqual([]);
  });

  it.each([
    'market.freshbytes.ph',
    'https://market.freshbytes.ph/',
    'https://market.freshbytes.ph/thanks',
    'https://*.freshbytes.ph',
    'http://market.freshbytes.ph',
    'https://market.freshbytes.ph,',
    'https://user@market.freshbytes.ph',
    'myapp://market',
    '*',
  ])('refuses %s', (list) => {
    expect(faultsWith(list)).toEqual([fault]);
  });

  it('refuses http in production, this machine’s too', () => {
    expect(faultsWith('http://localhost:3000', PRODUCTION)).toEqual([fault]);
    expect(faultsWith('https://market.freshbytes.ph', PRODUCTION)).toEqual([]);
  });
});
