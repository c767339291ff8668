// The second factor over HTTP: setting it up, signing in with it, and what guessing costs.
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { SECOND_MS } from '../../../lib/time.ts';
import { logIn, otherCode, type Person, signUp } from '../../users/users.testkit.ts';
import { FACTOR_PAUSE_MS, MAX_FACTOR_FAILURES, RECOVERY_CODE_COUNT } from './mfa.service.ts';

const STEP_MS = 30 * SECOND_MS;

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

interface Guarded extends Person {
  readonly secret: string;
  readonly recovery_codes: readonly string[];
}

function post(path: string, token: string | undefined, body?: object) {
  return test.call({
    method: 'POST',
    path: `/auth/mfa/totp/${path}`,
    token,
    ...(body === undefined ? {} : { body }),
  });
}

/** What the app on the phone shows now, or `offset_ms` from now. */
function codeOf(secret: string, offset_ms = 0): string {
  return generateSync({
    secret,
    epoch: Math.floor((test.clock.now().getTime() + offset_ms) / SECOND_MS),
  });
}

async function guardedPerson(): Promise<Guarded> {
  const person = await signUp(test);
  const { secret } = (await post('enroll', person.access)).json();
  const confirmed = await post('confirm', person.access, { otp: codeOf(secret) });
  expect(confirmed.statusCode).toBe(200);
  // Past every step that counts now, so that the code of the confirmation is not the next one too.
  test.clock.advance(2 * STEP_MS);
  return { ...person, secret, recovery_codes: confirmed.json().recovery_codes };
}

describe('setting up', () => {
  it('counts only once a code is confirmed, and gives recovery codes then', async () => {
    const person = await signUp(test);
    const enrolled = (await post('enroll', person.access)).json();
    expect(enrolled.secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(enrolled.otpauth_url).toMatch(/^otpauth:\/\/totp\/FreshBytes/);
    expect((await logIn(test, person.user_email)).statusCode).toBe(200);
    expect(
      (await post('confirm', person.access, { otp: otherCode(codeOf(enrolled.secret)) })).json(),
    ).toMatchObject({
      status: 401,
      code: 'INVALID_CREDENTIALS',
      errors: [{ pointer: '/otp' }],
    });
    const { recovery_codes } = (
      await post('confirm', person.access, { otp: codeOf(enrolled.secret) })
    ).json();
    expect(new Set(recovery_codes).size).toBe(RECOVERY_CODE_COUNT);
    expect((await test.call({ path: '/users/me', token: person.access })).json().mfa_enabled).toBe(
      true,
    );
  });

  it('begins anew with another enrolment, until one is confirmed', async () => {
    const person = await signUp(test);
    const first = (await post('enroll', person.access)).json();
    const second = (await post('enroll', person.access)).json();
    expect((await post('confirm', person.access, { otp: codeOf(first.secret) })).statusCode).toBe(
      401,
    );
    expect((await post('confirm', person.access, { otp: codeOf(second.secret) })).statusCode).toBe(
      200,
    );
    expect((await post('enroll', person.access)).statusCode).toBe(409);
    expect((await post('confirm', person.access, { otp: codeOf(second.secret) })).statusCode).toBe(
      409,
    );
  });

  it('needs an enrolment before its confirmation, and a token for everything', async () => {
    const person = await signUp(test);
    expect((await post('confirm', person.access, { otp: '123456' })).statusCode).toBe(409);
    expect((await post('disable', person.access, { otp: '123456' })).statusCode).toBe(409);
    for (const path of ['enroll', 'confirm', 'disable'])
      expect((await post(path, undefined)).statusCode).toBe(401);
  });

  it('keeps the secret encrypted, and recovery codes as hashes', async () => {
    const person = await guardedPerson();
    const user = await test.services.db
      .selectFrom('users')
      .selectAll()
      .where('id', '=', person.user_id)
      .executeTakeFirstOrThrow();
    expect(user.mfa_secret?.toString('latin1')).not.toContain(person.secret);
    const codes = await test.services.db
      .selectFrom('mfa_recovery_codes')
      .selectAll()
      .where('user_id', '=', person.user_id)
      .execute();
    const kept = codes.map((row) => row.code_hash.toString('latin1')).join();
    for (const code of person.recovery_codes) expect(kept).not.toContain(code);
  });
});

describe('signing in', () => {
  it('needs the second factor, and reveals that only after the right password', async () => {
    const person = await guardedPerson();
    expect((await logIn(test, person.user_email)).json()).toMatchObject({
      status: 401,
      code: 'MFA_REQUIRED',
    });
    expect(
      (await logIn(test, person.user_email, { password: 'not-the-password' })).json().code,
    ).toBe('INVALID_CREDENTIALS');
    expect((await logIn(test, person.user_email, { otp: codeOf(person.secret) })).statusCode).toBe(
      200,
    );
  });

  it('takes each code once', async () => {
    const person = await guardedPerson();
    const otp = codeOf(person.secret);
    expect((await logIn(test, person.user_email, { otp })).statusCode).toBe(200);
    expect((await logIn(test, person.user_email, { otp })).json()).toMatchObject({
      status: 401,
      code: 'INVALID_CREDENTIALS',
    });
  });

  it('takes no code from before the one that was used, even within the tolerance', async () => {
    const person = await guardedPerson();
    const earlier = codeOf(person.secret, -STEP_MS);
    expect((await logIn(test, person.user_email, { otp: codeOf(person.secret) })).statusCode).toBe(
      200,
    );
    expect((await logIn(test, person.user_email, { otp: earlier })).statusCode).toBe(401);
  });

  it('bears with a phone whose clock is half a minute off, and no more', async () => {
    const person = await guardedPerson();
    expect(
      (await logIn(test, person.user_email, { otp: codeOf(person.secret, -3 * STEP_MS) }))
        .statusCode,
    ).toBe(401);
    expect(
      (await logIn(test, person.user_email, { otp: codeOf(person.secret, 3 * STEP_MS) }))
        .statusCode,
    ).toBe(401);
    expect(
      (await logIn(test, person.user_email, { otp: codeOf(person.secret, -STEP_MS) })).statusCode,
    ).toBe(200);
    expect(
      (await logIn(test, person.user_email, { otp: codeOf(person.secret, STEP_MS) })).statusCode,
    ).toBe(200);
  });

  it('takes each recovery code once, in any case of letters', async () => {
    const person = await guardedPerson();
    const [first = '', second = ''] = person.recovery_codes;
    expect((await logIn(test, person.user_email, { otp: first.toUpperCase() })).statusCode).toBe(
      200,
    );
    expect((await logIn(test, person.user_email, { otp: first })).statusCode).toBe(401);
    expect((await logIn(test, person.user_email, { otp: second })).statusCode).toBe(200);
  });

  it('pauses after five wrong codes, whoever sends the right one then, and forgets them after the pause', async () => {
    const person = await guardedPerson();
    for (let i = 1; i <= MAX_FACTOR_FAILURES; i += 1) {
      expect((await logIn(test, person.user_email, { otp: 'wrong-wrong' })).statusCode).toBe(401);
    }
    const paused = await logIn(test, person.user_email, { otp: codeOf(person.secret) });
    expect(paused.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(Number(paused.headers['retry-after'])).toBeGreaterThan(0);
    test.clock.advance(FACTOR_PAUSE_MS);
    expect((await logIn(test, person.user_email, { otp: codeOf(person.secret) })).statusCode).toBe(
      200,
    );
  });

  it('cannot be paused by who does not know the password', async () => {
    const person = await guardedPerson();
    for (let i = 0; i <= MAX_FACTOR_FAILURES; i += 1) {
      await logIn(test, person.user_email, { password: 'not-the-password', otp: 'wrong-wrong' });
    }
    expect((await logIn(test, person.user_email, { otp: codeOf(person.secret) })).statusCode).toBe(
      200,
    );
  });

  it('forgets wrong codes with a right one', async () => {
    const person = await guardedPerson();
    for (let round = 0; round < 2; round += 1) {
      for (let i = 1; i < MAX_FACTOR_FAILURES; i += 1)
        await logIn(test, person.user_email, { otp: 'wrong-wrong' });
      expect(
        (await logIn(test, person.user_email, { otp: codeOf(person.secret) })).statusCode,
      ).toBe(200);
      test.clock.advance(STEP_MS);
    }
  });

  it.each(['12345', '1234567', 'abcdef', 'aaaaa-bbbb', 123_456])(
    'refuses %s, which no code looks like',
    async (otp) => {
      const person = await guardedPerson();
      expect((await logIn(test, person.user_email, { otp })).statusCode).toBe(400);
    },
  );
});

describe('switching off', () => {
  it('needs a code, and signing in needs none afterwards', async () => {
    const person = await guardedPerson();
    expect(
      (await post('disable', person.access, { otp: otherCode(codeOf(person.secret)) })).statusCode,
    ).toBe(401);
    expect((await post('disable', person.access, { otp: codeOf(person.secret) })).statusCode).toBe(
      204,
    );
    expect((await logIn(test, person.user_email)).statusCode).toBe(200);
  });

  it('works with a recovery code, and the others are void then', async () => {
    const person = await guardedPerson();
    expect(
      (await post('disable', person.access, { otp: person.recovery_codes[0] })).statusCode,
    ).toBe(204);
    const { secret } = (await post('enroll', person.access)).json();
    expect(
      (await post('confirm', person.access, { otp: person.recovery_codes[1] })).statusCode,
    ).toBe(401);
    expect((await post('confirm', person.access, { otp: codeOf(secret) })).statusCode).toBe(200);
    expect(
      (await logIn(test, person.user_email, { otp: person.recovery_codes[1] })).statusCode,
    ).toBe(401);
  });
});

describe('a role that must have a second factor', () => {
  it('reaches nothing but its own account until it has one', async () => {
    const strict = await createTestApp({ env: { MFA_REQUIRED_ROLES: 'admin' } });
    try {
      const person = await signUp(strict);
      await strict.services.db
        .updateTable('users')
        .set({ role: 'admin' })
        .where('id', '=', person.user_id)
        .execute();
      const list = () => strict.call({ path: '/users', token: person.access });
      expect((await list()).json()).toMatchObject({ status: 403, code: 'MFA_REQUIRED' });
      const enroll = await strict.call({
        method: 'POST',
        path: '/auth/mfa/totp/enroll',
        token: person.access,
      });
      const epoch = Math.floor(strict.clock.now().getTime() / SECOND_MS);
      const body = { otp: generateSync({ secret: enroll.json().secret, epoch }) };
      await strict.call({
        method: 'POST',
        path: '/auth/mfa/totp/confirm',
        token: person.access,
        body,
      });
      expect((await list()).statusCode).toBe(200);
    } finally {
      await strict.close();
    }
  });
});
