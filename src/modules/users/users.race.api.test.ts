// Races on accounts, with a pool that lets them happen.
import { generateSync } from 'otplib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { MINUTE_MS, SECOND_MS } from '../../lib/time.ts';
import {
  askForReset,
  codeSentTo,
  confirmEmail,
  logIn,
  otherCode,
  PASSWORD,
  registration,
  signUp,
  statusOf,
} from './users.testkit.ts';

const ROUNDS = 10;

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp({ poolSize: 8 });
});
afterAll(() => test.close());

async function activeAdmins(): Promise<number> {
  const rows = await test.services.db
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'admin')
    .where('is_active', '=', true)
    .execute();
  return rows.length;
}

it('two last admins who remove each other at once leave one', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [a, b] = [
      await createActor(test, { role: 'admin' }),
      await createActor(test, { role: 'admin' }),
    ];
    const answers = await Promise.all([
      test.call({
        method: 'PATCH',
        path: `/users/${b.user_id}`,
        token: a.token,
        body: { role: 'customer' },
      }),
      test.call({ method: 'DELETE', path: `/users/${a.user_id}`, token: b.token }),
      test.call({ method: 'DELETE', path: '/users/me', token: a.token }),
      test.call({
        method: 'PATCH',
        path: `/users/${b.user_id}`,
        token: b.token,
        body: { is_active: false },
      }),
    ]);
    for (const answer of answers) expect(answer.statusCode).toBeLessThan(500);
    expect(await activeAdmins()).toBe(1);
    await test.services.db
      .updateTable('users')
      .set({ role: 'customer' })
      .where('role', '=', 'admin')
      .execute();
  }
});

it('one refresh token used twice at once gives one pair at most, and the session ends', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { refresh } = await signUp(test);
    const rotate = () =>
      test.call({ method: 'POST', path: '/auth/login/refresh', body: { refresh } });
    const answers = await Promise.all([rotate(), rotate(), rotate(), rotate()]);
    const pairs = answers.filter((answer) => answer.statusCode === 200);
    expect(pairs).toHaveLength(1);
    expect(await statusOf(test.app, pairs[0]?.json().access)).toEqual({
      status: 401,
      code: 'TOKEN_REVOKED',
    });
  }
});

it('one name registered many times at once exists once', async () => {
  const body = registration();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => test.call({ method: 'POST', path: '/auth/register', body })),
  );
  expect(answers.map((answer) => answer.statusCode).sort()).toEqual([201, ...Array(7).fill(409)]);
});

it('one code confirmed many times at once counts once, and eight guesses at once are five tries', async () => {
  const person = await signUp(test);
  await test.call({ method: 'POST', path: '/auth/verify/email/request', token: person.access });
  const code = await codeSentTo(test, person.user_email);
  const confirm = (tried: string) =>
    test.call({
      method: 'POST',
      path: '/auth/verify/email',
      token: person.access,
      body: { code: tried },
    });
  const answers = await Promise.all(Array.from({ length: 8 }, () => confirm(code)));
  expect(answers.filter((answer) => answer.statusCode === 200)).toHaveLength(1);
  const guesser = await signUp(test);
  await confirmEmail(test, guesser);
  const reset_id = await askForReset(test, guesser.user_email);
  const wrong = otherCode(await codeSentTo(test, guesser.user_email));
  const guess = () =>
    test.call({
      method: 'POST',
      path: '/auth/password/reset',
      body: {
        user_email: guesser.user_email,
        reset_id,
        code: wrong,
        new_password: 'sitaw-at-okra-7',
      },
    });
  await Promise.all(Array.from({ length: 8 }, guess));
  const row = await test.services.db
    .selectFrom('one_time_codes')
    .select('attempts')
    .where('id', '=', reset_id)
    .executeTakeFirstOrThrow();
  expect(row.attempts).toBe(5);
});

it('one code of the second factor sent many times at once opens one session', async () => {
  const person = await signUp(test);
  const post = (path: string, body?: object) =>
    test.call({
      method: 'POST',
      path: `/auth/mfa/totp/${path}`,
      token: person.access,
      ...(body && { body }),
    });
  const { secret } = (await post('enroll')).json();
  const otp = () =>
    generateSync({ secret, epoch: Math.floor(test.clock.now().getTime() / SECOND_MS) });
  await post('confirm', { otp: otp() });
  test.clock.advance(MINUTE_MS);
  const code = otp();
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => logIn(test, person.user_email, { otp: code })),
  );
  expect(answers.map((answer) => answer.statusCode).sort()).toEqual([200, 401, 401, 401]);
});

it('no sign-in with the old password outlives a new one, however they overlap', async () => {
  const person = await signUp(test);
  let isChanged = false;
  const opened: string[] = [];
  const keepSigningIn = async () => {
    while (!isChanged) {
      const answer = await logIn(test, person.user_email);
      if (answer.statusCode === 200) opened.push(answer.json().access);
    }
  };
  const change = async () => {
    const body = { current_password: PASSWORD, new_password: 'sitaw-at-okra-7' };
    const answer = await test.call({
      method: 'POST',
      path: '/auth/password/change',
      token: person.access,
      body,
    });
    isChanged = true;
    return answer.statusCode;
  };
  const [status] = await Promise.all([change(), ...Array.from({ length: 4 }, keepSigningIn)]);
  expect(status).toBe(204);
  expect(opened.length).toBeGreaterThan(0);
  for (const access of opened)
    expect(await statusOf(test.app, access)).toMatchObject({ status: 401 });
});

it('an application as seller that races with the deletion of the account leaves no seller without a user', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const actor = await createActor(test);
    const application = {
      business_name: 'Gulayan',
      business_phone: '09171234567',
      street: 'Km. 5',
      barangay_code: '1380607001',
      terms_accepted: true,
    };
    const [applied, removed] = await Promise.all([
      test.call({ method: 'POST', path: '/sellers', token: actor.token, body: application }),
      test.call({ method: 'DELETE', path: '/users/me', token: actor.token }),
    ]);
    expect([applied.statusCode === 201, removed.statusCode === 204].filter(Boolean)).toHaveLength(
      1,
    );
  }
});
