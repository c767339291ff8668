// What guessing and flooding run into when limits are on.
import { afterEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { newId } from '../../lib/ids.ts';
import { logIn, registration } from '../users/users.testkit.ts';

let test: TestApp;
afterEach(() => test.close());

const ROOMY = { RATE_LIMITS: 'on' };

async function start(env: Record<string, string> = {}) {
  test = await createTestApp({ env: { ...ROOMY, ...env } });
}

/** Through a proxy that is believed, as if from elsewhere. */
function from(address: string) {
  return { 'x-forwarded-for': address };
}

describe('signing in', () => {
  it('is tried five times a minute for one account from one address; others are not in the way', async () => {
    await start({ TRUST_PROXY: 'loopback' });
    const body = registration();
    await test.call({ method: 'POST', path: '/auth/register', body });
    const attempt = (user_email: string, address: string, password = 'not-the-password') =>
      test.call({
        method: 'POST',
        path: '/auth/login',
        body: { user_email, password },
        headers: from(address),
      });
    for (let i = 0; i < 5; i += 1)
      expect((await attempt(body.user_email, '203.0.113.7')).statusCode).toBe(401);
    const refused = await attempt(body.user_email.toUpperCase(), '203.0.113.7', body.password);
    expect(refused.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['ratelimit']).toContain('"login"');
    expect((await attempt(body.user_email, '198.51.100.4', body.password)).statusCode).toBe(200);
    expect((await attempt('somebody@example.com', '203.0.113.7')).statusCode).toBe(401);
  });

  it('is tried so often a minute from one address over all accounts', async () => {
    await start({ RATE_LIMIT_LOGIN_ADDRESS: '20/minute' });
    for (let i = 0; i < 20; i += 1)
      expect((await logIn(test, `nobody${i}@example.com`)).statusCode).toBe(401);
    expect((await logIn(test, 'nobody21@example.com')).statusCode).toBe(429);
  });

  it('shares its tries with resetting a password by code', async () => {
    await start();
    const body = {
      user_email: 'nobody@example.com',
      reset_id: newId(),
      code: '123456',
      new_password: 'sitaw-at-okra-7',
    };
    const reset = () => test.call({ method: 'POST', path: '/auth/password/reset', body });
    for (let i = 0; i < 5; i += 1) expect((await reset()).statusCode).toBe(400);
    expect((await reset()).statusCode).toBe(429);
    expect((await logIn(test, body.user_email)).statusCode).toBe(429);
  });
});

describe('registering', () => {
  it('is done so often a minute from one address', async () => {
    await start({ RATE_LIMIT_REGISTER: '3/minute' });
    const register = () =>
      test.call({ method: 'POST', path: '/auth/register', body: registration() });
    for (let i = 0; i < 3; i += 1) expect((await register()).statusCode).toBe(201);
    expect((await register()).json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
  });
});
