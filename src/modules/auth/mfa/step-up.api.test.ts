// Step-up over HTTP: what a token alone must not do, and what opens it.
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { apiRoutes } from '../../../app.ts';
import { STEP_UP_LIFETIME_MS } from '../../../context.ts';
import { MINUTE_MS, SECOND_MS } from '../../../lib/time.ts';
import {
  auditOf,
  logIn,
  PASSWORD,
  type Person,
  sentMessages,
  signUp,
} from '../../users/users.testkit.ts';

const STEP_MS = 30 * SECOND_MS;

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

function stepUp(token: string, body: object) {
  return test.call({ method: 'POST', path: '/auth/step-up', token, body });
}

function post(path: string, token: string, body?: object) {
  return test.call({ method: 'POST', path, token, ...(body && { body }) });
}

function changePhone(token: string) {
  return test.call({
    method: 'PATCH',
    path: '/users/me',
    token,
    body: { user_phone: '0918 555 0101' },
  });
}

function codeOf(secret: string): string {
  return generateSync({ secret, epoch: Math.floor(test.clock.now().getTime() / SECOND_MS) });
}

async function withFactor(): Promise<Person & { secret: string }> {
  const person = await signUp(test);
  const { secret } = (await post('/auth/mfa/totp/enroll', person.access)).json();
  await post('/auth/mfa/totp/confirm', person.access, { otp: codeOf(secret) });
  test.clock.advance(2 * STEP_MS);
  return { ...person, secret };
}

describe('a session', () => {
  it('counts as proven for five minutes after the sign-in, and after each proof', async () => {
    const person = await signUp(test);
    test.clock.advance(STEP_UP_LIFETIME_MS - MINUTE_MS);
    expect((await changePhone(person.access)).statusCode).toBe(200);
    test.clock.advance(MINUTE_MS);
    expect((await changePhone(person.access)).json()).toMatchObject({
      status: 403,
      code: 'STEP_UP_REQUIRED',
      detail: expect.stringContaining('/auth/step-up'),
    });
    const proven = await stepUp(person.access, { password: PASSWORD });
    const left_ms = Date.parse(proven.json().valid_until) - test.clock.now().getTime();
    expect(left_ms / STEP_UP_LIFETIME_MS).toBeCloseTo(1, 1);
    expect((await changePhone(person.access)).statusCode).toBe(200);
    expect(await auditOf(test, person.user_id, 'session.stepped_up')).toHaveLength(1);
  });

  it('is proven for itself only, and a refresh proves nothing', async () => {
    const person = await signUp(test);
    const { refresh } = (await logIn(test, person.user_email)).json();
    test.clock.advance(STEP_UP_LIFETIME_MS);
    await stepUp(person.access, { password: PASSWORD });
    const other = (await post('/auth/login/refresh', '', { refresh })).json();
    expect((await changePhone(other.access)).statusCode).toBe(403);
  });

  it('is not proven by a wrong password', async () => {
    const person = await signUp(test);
    test.clock.advance(STEP_UP_LIFETIME_MS);
    expect((await stepUp(person.access, { password: 'not-the-password' })).json()).toMatchObject({
      status: 401,
      code: 'INVALID_CREDENTIALS',
      errors: [{ pointer: '/password' }],
    });
    expect((await changePhone(person.access)).statusCode).toBe(403);
  });

  it('needs the second factor too where there is one, whose tries only the password opens', async () => {
    const person = await withFactor();
    test.clock.advance(STEP_UP_LIFETIME_MS);
    const password = PASSWORD;
    expect((await stepUp(person.access, { password })).json()).toMatchObject({
      status: 401,
      code: 'MFA_REQUIRED',
    });
    for (let i = 0; i < 6; i += 1)
      expect((await stepUp(person.access, { password: 'guess', otp: '000000' })).statusCode).toBe(
        401,
      );
    const wrong = await stepUp(person.access, { password, otp: 'AAAAA-AAAAA' });
    expect(wrong.json()).toMatchObject({ status: 401, errors: [{ pointer: '/otp' }] });
    expect((await changePhone(person.access)).statusCode).toBe(403);
    expect((await stepUp(person.access, { password, otp: codeOf(person.secret) })).statusCode).toBe(
      200,
    );
    expect((await changePhone(person.access)).statusCode).toBe(200);
  });
});

it('is required by every route that changes how an account is reached, proven, ended or paid', () => {
  const guarded = apiRoutes.flatMap(({ method, path, stepUp }) =>
    stepUp === undefined ? [] : [`${method} ${path}${stepUp === true ? '' : `: ${stepUp}`}`],
  );
  expect(guarded.sort()).toEqual([
    'DELETE /auth/sessions',
    'DELETE /auth/sessions/:id',
    'DELETE /users/:id',
    'DELETE /users/me',
    'GET /admin/payout-runs/:id/file',
    'PATCH /users/:id: user_email,user_phone,role,is_active',
    'PATCH /users/me: user_email,user_phone',
    'POST /admin/payout-runs/:id/approve',
    'POST /auth/mfa/totp/confirm',
    'POST /auth/mfa/totp/disable',
    'POST /auth/mfa/totp/enroll',
    'POST /auth/password/change',
    'POST /users/:id/mfa/clear',
    'POST /users/:id/restore',
    'PUT /sellers/:id/payout-destination',
  ]);
});

it('is not required by a change that is not sensitive', async () => {
  const person = await signUp(test);
  test.clock.advance(STEP_UP_LIFETIME_MS);
  const patch = { method: 'PATCH', path: '/users/me', token: person.access } as const;
  expect((await test.call({ ...patch, body: { first_name: 'Ana' } })).statusCode).toBe(200);
});

it('bounds the tries of the own password at ten an hour, together with changing it', async () => {
  const limited = await createTestApp({
    env: { RATE_LIMITS: 'on', RATE_LIMIT_BURST: '1000/minute' },
  });
  try {
    const { access } = await signUp(limited);
    const guess = (i: number) =>
      limited.call({
        method: 'POST',
        path: i % 2 === 0 ? '/auth/step-up' : '/auth/password/change',
        token: access,
        body:
          i % 2 === 0
            ? { password: `guess-${i}` }
            : { current_password: `guess-${i}`, new_password: 'sitaw-at-okra-7' },
      });
    for (let i = 0; i < 10; i += 1) expect((await guess(i)).statusCode).toBe(401);
    for (const i of [10, 11]) {
      const refused = await guess(i);
      expect(refused.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
      expect(refused.headers['ratelimit']).toContain('"password"');
    }
  } finally {
    await limited.close();
  }
});

describe('clearing a second factor', () => {
  it('lets an admin help somebody who lost it: audited, notified, and signed out everywhere', async () => {
    const admin = await createActor(test, { role: 'admin' });
    const person = await withFactor();
    await test.services.db
      .updateTable('users')
      .set({ email_verified_at: test.clock.now() })
      .where('id', '=', person.user_id)
      .execute();
    const clear = () => post(`/users/${person.user_id}/mfa/clear`, admin.token);
    expect((await clear()).statusCode).toBe(204);
    expect((await logIn(test, person.user_email)).statusCode).toBe(200);
    expect((await test.call({ path: '/users/me', token: person.access })).statusCode).toBe(401);
    expect(await auditOf(test, person.user_id, 'user.mfa_cleared')).toEqual([
      { actor_id: admin.user_id, changes: {} },
    ]);
    const told = (await sentMessages(test)).findLast(({ to }) => to === person.user_email);
    expect(told?.text).toContain('Support removed the second factor');
    expect((await clear()).json()).toMatchObject({ status: 409, code: 'CONFLICT' });
  });
});
