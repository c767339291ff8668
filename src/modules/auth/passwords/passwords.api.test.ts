// Passwords over HTTP: changing, forgetting, resetting, and which ones are accepted.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { configuredKeys } from '../../../tokens/derived-keys.ts';
import {
  askForReset,
  auditOf,
  codeSentTo,
  confirmEmail,
  logIn,
  otherCode,
  PASSWORD,
  type Person,
  sentMessages,
  signUp,
  statusOf,
} from '../../users/users.testkit.ts';
import { codeOf, MAX_CODE_ATTEMPTS } from '../codes/codes.rules.ts';
import { passwordFault } from './passwords.rules.ts';
import { hashPassword } from './passwords.ts';

const NEXT = 'sitaw-at-okra-mula-benguet';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

function forgot(user_email: string) {
  return test.call({ method: 'POST', path: '/auth/password/forgot', body: { user_email } });
}

function reset(asked: Asked, code = asked.code, new_password = NEXT) {
  const { user_email, reset_id } = asked;
  return test.call({
    method: 'POST',
    path: '/auth/password/reset',
    body: { user_email, reset_id, code, new_password },
  });
}

type Asked = { readonly user_email: string; readonly reset_id: string; readonly code: string };

function change(person: Person, body: Record<string, unknown>) {
  return test.call({ method: 'POST', path: '/auth/password/change', token: person.access, body });
}

describe('a forgotten password', () => {
  async function member(): Promise<Person> {
    const person = await signUp(test);
    await confirmEmail(test, person);
    return person;
  }

  async function asked(person: Person): Promise<Person & Asked> {
    const reset_id = await askForReset(test, person.user_email.toUpperCase());
    return { ...person, reset_id, code: await codeSentTo(test, person.user_email) };
  }

  const forgetful = async () => asked(await member());
  const stranger = async () => ({
    user_email: 'nobody@example.com',
    reset_id: await askForReset(test, 'nobody@example.com'),
    code: '123456',
  });

  it('is replaced with a code from the mailbox, which ends every session and sends a notice', async () => {
    const person = await forgetful();
    const answer = await reset(person);
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(await statusOf(test.app, person.access)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    expect((await logIn(test, person.user_email)).json().code).toBe('INVALID_CREDENTIALS');
    expect((await logIn(test, person.user_email, { password: NEXT })).statusCode).toBe(200);
    const told = (await sentMessages(test)).findLast(({ to }) => to === person.user_email);
    expect(told?.subject).toBe('Your password was changed');
  });

  it('gets the same answer, with the same statements, whether there is an account or not', async () => {
    const { user_email } = await member();
    const answers = [];
    for (const address of [user_email, 'nobody@example.com']) {
      test.statements.length = 0;
      const answer = await forgot(address);
      const { reset_id, ...body } = answer.json();
      expect(reset_id).toMatch(/^[0-9a-f-]{36}$/);
      answers.push({ status: answer.statusCode, body, statements: [...test.statements] });
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(202);
    const sent = await sentMessages(test);
    expect(sent.some(({ to }) => to === 'nobody@example.com')).toBe(false);
  });

  it('gets the same refusal of a wrong code, after the same work, whether there is an account or not', async () => {
    const person = await forgetful();
    const outcomes = [];
    for (const one of [person, await stranger()]) {
      test.statements.length = 0;
      const answer = await reset(one, otherCode(person.code));
      const { request_id: _id, timestamp: _at, ...body } = answer.json();
      const tries = await test.services.db
        .selectFrom('one_time_codes')
        .select('attempts')
        .where('id', '=', one.reset_id)
        .executeTakeFirst();
      outcomes.push({ body, tries, statements: test.statements.slice(0, -1) });
    }
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({
      body: { status: 400, errors: [{ pointer: '/code' }] },
      tries: { attempts: 1 },
    });
    // No hashing either: what is hashed for some and not for others takes fifteen milliseconds longer for some.
    const crowd = Promise.allSettled(
      Array.from({ length: 200 }, () => hashPassword(test.system, PASSWORD)),
    );
    const refused = [await reset(person, otherCode(person.code)), await reset(await stranger())];
    expect(refused.map(({ statusCode }) => statusCode)).toEqual([400, 400]);
    await crowd;
  });

  it('takes a code once, and five wrong tries end it', async () => {
    const once = await forgetful();
    expect((await reset(once)).statusCode).toBe(204);
    expect((await reset(once)).statusCode).toBe(400);
    const guessed = await forgetful();
    for (let i = 1; i <= MAX_CODE_ATTEMPTS; i += 1)
      await reset(guessed, otherCode(guessed.code, i));
    expect((await reset(guessed)).statusCode).toBe(400);
    expect((await logIn(test, guessed.user_email)).statusCode).toBe(200);
  });

  it('is replaced by its owner however many requests and guesses a stranger makes', async () => {
    const person = await member();
    const address = '203.0.113.9';
    const ask = (remoteAddress: string) =>
      test.app.inject({
        method: 'POST',
        url: '/api/v1/auth/password/forgot',
        remoteAddress,
        payload: { user_email: person.user_email },
      });
    for (let network = 0; network < 12; network += 1)
      for (let i = 0; i < 4; i += 1) {
        const { reset_id } = (await ask(`198.51.${network}.7`)).json();
        await sentMessages(test);
        for (let guess = 0; guess < 2; guess += 1)
          await reset({ ...person, reset_id, code: String(100_000 + guess) });
      }
    // From where the owner has signed in before.
    const { reset_id } = (await ask('127.0.0.1')).json();
    const code = await codeSentTo(test, person.user_email);
    expect((await ask(address)).statusCode).toBe(202);
    expect((await reset({ ...person, reset_id, code })).statusCode).toBe(204);
  });

  it('is replaced by its owner however many codes other accounts have sent to the address', async () => {
    const person = await member();
    const { CODES_PER_ADDRESS_HOUR } = test.services.config;
    const statuses = [];
    for (let i = 0; i < 2; i += 1) {
      const { access } = await signUp(test);
      const { user_email } = person;
      const change = { method: 'PATCH', path: '/users/me', token: access, body: { user_email } };
      for (let j = 0; j < CODES_PER_ADDRESS_HOUR; j += 1)
        statuses.push((await test.call({ ...change, method: 'PATCH' })).statusCode);
    }
    // The second account finds the cap that other accounts share reached.
    const taken = Array(CODES_PER_ADDRESS_HOUR).fill(200);
    expect(statuses).toEqual([...taken, ...Array(CODES_PER_ADDRESS_HOUR).fill(429)]);
    await sentMessages(test);
    const reset_id = await askForReset(test, person.user_email);
    const code = await codeSentTo(test, person.user_email);
    expect((await reset({ ...person, reset_id, code })).statusCode).toBe(204);
  });

  it('takes a code only with the request that it was made for', async () => {
    const person = await member();
    const [first, second] = [await asked(person), await asked(person)];
    expect((await reset({ ...first, code: second.code })).statusCode).toBe(400);
    expect((await reset({ ...(await stranger()), code: first.code })).statusCode).toBe(400);
    expect((await reset({ ...first, user_email: 'nobody@example.com' })).statusCode).toBe(400);
    expect((await reset(first)).statusCode).toBe(204);
  });

  it('is not replaced by a bad one, and the code stays good for a better', async () => {
    const person = await forgetful();
    const bad = await reset(person, person.code, 'santos-maria-2026');
    expect(bad.json()).toMatchObject({ status: 400, errors: [{ pointer: '/new_password' }] });
    expect((await reset(person)).statusCode).toBe(204);
  });

  it('fills no mailbox: five codes an hour from the networks of its owner, and always the same answer', async () => {
    const { user_email } = await member();
    const { CODES_PER_ADDRESS_HOUR } = test.services.config;
    for (let i = 0; i < CODES_PER_ADDRESS_HOUR + 3; i += 1)
      expect((await forgot(user_email)).statusCode).toBe(202);
    const sent = await sentMessages(test);
    expect(sent.filter(({ to }) => to === user_email)).toHaveLength(CODES_PER_ADDRESS_HOUR);
  });

  it('is replaced at an address that an admin set, which the code confirms, and at none after it', async () => {
    const [person, admin] = [await member(), await createActor(test, { role: 'admin' })];
    const user_email = `support-${person.user_email}`;
    const path = `/users/${person.user_id}`;
    const set = { method: 'PATCH', path, token: admin.token, body: { user_email } } as const;
    expect((await test.call(set)).statusCode).toBe(200);
    const helped = await asked({ ...person, user_email });
    expect((await reset(helped)).statusCode).toBe(204);
    const { access, user } = (await logIn(test, user_email, { password: NEXT })).json();
    expect(user).toMatchObject({ user_email, email_verified: true });
    expect(await auditOf(test, person.user_id, 'user.email_verified')).toHaveLength(1);
    const told = (await sentMessages(test)).filter(({ to }) => to === user_email);
    expect(told.at(-1)?.subject).toContain('password was changed');
    expect((await test.call({ ...set, body: { user_email: `a-${user_email}` } })).statusCode).toBe(
      200,
    );
    expect(await statusOf(test.app, access)).toMatchObject({ code: 'TOKEN_REVOKED' });
    await askForReset(test, user_email);
    const codes = (await sentMessages(test)).filter(
      ({ to, code }) => to.toLowerCase() === user_email && code !== undefined,
    );
    expect(codes).toHaveLength(1);
  });

  it.each([
    ['a closed account', { is_active: false }],
    ['an address that nobody confirmed', { email_verified_at: null }],
  ])('sends no code to %s', async (_what, columns) => {
    const { user_id, user_email } = await member();
    await test.services.db.updateTable('users').set(columns).where('id', '=', user_id).execute();
    const reset_id = await askForReset(test, user_email);
    expect((await sentMessages(test)).some(({ to }) => to === user_email)).toBe(false);
    // Not even the right code would do.
    const [key] = configuredKeys(test.services.config, 'one-time-code');
    const code = codeOf(key, { id: reset_id, purpose: 'PASSWORD_RESET', target: user_email });
    expect((await reset({ user_email, reset_id, code })).statusCode).toBe(400);
  });
});

describe('a password that I change', () => {
  it('ends my other sessions and leaves this one', async () => {
    const person = await signUp(test);
    const other = (await logIn(test, person.user_email)).json();
    expect(
      (await change(person, { current_password: PASSWORD, new_password: NEXT })).statusCode,
    ).toBe(204);
    expect(await statusOf(test.app, person.access)).toMatchObject({ status: 200 });
    expect(await statusOf(test.app, other.access)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    expect((await logIn(test, person.user_email, { password: NEXT })).statusCode).toBe(200);
  });

  it.each([
    [
      'a wrong current password',
      { current_password: 'something-else', new_password: NEXT },
      401,
      '/current_password',
    ],
    [
      'a common new one',
      { current_password: PASSWORD, new_password: 'qwerty123' },
      400,
      '/new_password',
    ],
    [
      'a new one of my names',
      { current_password: PASSWORD, new_password: 'MariaSantos!' },
      400,
      '/new_password',
    ],
    ['a short one', { current_password: PASSWORD, new_password: 'x7#kQ2v' }, 400, '/new_password'],
    ['nothing current', { new_password: NEXT }, 400, '/current_password'],
  ])('is refused with %s', async (_what, body, status, pointer) => {
    const person = await signUp(test);
    const answer = await change(person, body);
    expect(answer.json()).toMatchObject({ status, errors: [{ pointer }] });
    expect((await logIn(test, person.user_email)).statusCode).toBe(200);
  });

  it('needs a token', async () => {
    const answer = await test.call({
      method: 'POST',
      path: '/auth/password/change',
      body: { current_password: PASSWORD, new_password: NEXT },
    });
    expect(answer.statusCode).toBe(401);
  });
});

describe('the rules', () => {
  const names = {
    user_name: 'aling_nena',
    user_email: 'nena.gulay@example.com',
    first_name: 'Magdalena',
    last_name: 'Dela Peña',
  };

  it.each([
    'kalabasa-sa-ilalim-7',
    'demo-Freshbytes-2026',
    'correct horse battery staple',
    'ñañañ-abcdefgh',
    '8391-2847-1928',
    'nena likes okra',
  ])('accept "%s"', (password) => {
    expect(passwordFault(password, names)).toBeUndefined();
  });

  it.each([
    ['password', 'tried first'],
    ['P@ssw0rd!', 'tried first'],
    ['12341234', 'tried first'],
    ['aling_nena', 'own names'],
    ['ALING-NENA-2026', 'own names'],
    ['nena.gulay1', 'own names'],
    ['Magdalena1985', 'own names'],
    ['xxxMagdalena', 'own names'],
    ['delapena!!', 'own names'],
    ['magdalenaDELAPEÑA', 'own names'],
    ['Fresh-bytes-xyz!', 'words such as'],
    ['gulay-palengke-9', 'words such as'],
  ])('refuse "%s": %s', (password, reason) => {
    expect(passwordFault(password, names)).toContain(reason);
  });

  it('do not mind names too short to matter', () => {
    expect(
      passwordFault('banana-boat-song', { ...names, first_name: 'An', last_name: 'Na' }),
    ).toBeUndefined();
  });
});
