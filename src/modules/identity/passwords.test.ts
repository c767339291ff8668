// Passwords over HTTP: changing, forgetting, resetting, and which ones are accepted.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import { CODE_QUOTA, MAX_CODE_ATTEMPTS } from './codes.service.ts';
import {
  codeSentTo,
  logIn,
  otherCode,
  PASSWORD,
  type Person,
  sentMessages,
  signUp,
  statusOf,
} from './identity.testkit.ts';
import { passwordFault } from './passwords.rules.ts';

const NEXT = 'sitaw-at-okra-mula-benguet';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

function forgot(user_email: string) {
  return test.call({ method: 'POST', path: '/auth/password/forgot', body: { user_email } });
}

function reset(user_email: string, code: string, new_password = NEXT) {
  return test.call({
    method: 'POST',
    path: '/auth/password/reset',
    body: { user_email, code, new_password },
  });
}

function change(person: Person, body: Record<string, unknown>) {
  return test.call({ method: 'POST', path: '/auth/password/change', token: person.access, body });
}

describe('a forgotten password', () => {
  async function forgetful(): Promise<Person & { code: string }> {
    const person = await signUp(test);
    await forgot(person.user_email.toUpperCase());
    return { ...person, code: await codeSentTo(test, person.user_email) };
  }

  it('is replaced with a code from the mailbox, which ends every session', async () => {
    const person = await forgetful();
    const answer = await reset(person.user_email, person.code);
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect(await statusOf(test.app, person.access)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    expect((await logIn(test, person.user_email)).json().code).toBe('INVALID_CREDENTIALS');
    expect((await logIn(test, person.user_email, { password: NEXT })).statusCode).toBe(200);
  });

  it('gets the same answer, with the same statements, whether there is an account or not', async () => {
    const { user_email } = await signUp(test);
    const answers = [];
    for (const address of [user_email, 'nobody@example.com']) {
      test.statements.length = 0;
      const answer = await forgot(address);
      answers.push({
        status: answer.statusCode,
        body: answer.body,
        statements: [...test.statements],
      });
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(202);
    const sent = await sentMessages(test);
    expect(sent.some(({ to }) => to === 'nobody@example.com')).toBe(false);
  });

  it('gets the same refusal for a wrong code as for an address without an account', async () => {
    const person = await forgetful();
    const answers = [
      await reset(person.user_email, otherCode(person.code)),
      await reset('nobody@example.com', person.code),
    ];
    const [wrong, unknown] = answers.map((answer) => {
      const { request_id: _id, timestamp: _at, ...body } = answer.json();
      return { status: answer.statusCode, body };
    });
    expect(unknown).toEqual(wrong);
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ pointer: '/code' }] } });
  });

  it('takes a code once, and five wrong tries end it', async () => {
    const once = await forgetful();
    expect((await reset(once.user_email, once.code)).statusCode).toBe(204);
    expect((await reset(once.user_email, once.code)).statusCode).toBe(400);
    const guessed = await forgetful();
    for (let i = 1; i <= MAX_CODE_ATTEMPTS; i += 1)
      await reset(guessed.user_email, otherCode(guessed.code, i));
    expect((await reset(guessed.user_email, guessed.code)).statusCode).toBe(400);
    expect((await logIn(test, guessed.user_email)).statusCode).toBe(200);
  });

  it('is not replaced by a bad one, and the code stays good for a better', async () => {
    const person = await forgetful();
    const bad = await reset(person.user_email, person.code, 'santos-maria-2026');
    expect(bad.json()).toMatchObject({ status: 400, errors: [{ pointer: '/new_password' }] });
    expect((await reset(person.user_email, person.code)).statusCode).toBe(204);
  });

  it('fills no mailbox: ten codes an hour, and always the same answer', async () => {
    const { user_email } = await signUp(test);
    for (let i = 0; i < CODE_QUOTA.max + 3; i += 1)
      expect((await forgot(user_email)).statusCode).toBe(202);
    const sent = await sentMessages(test);
    expect(sent.filter(({ to }) => to === user_email)).toHaveLength(CODE_QUOTA.max);
  });

  it('sends no code to a closed account', async () => {
    const { user_id, user_email } = await signUp(test);
    await test.services.db
      .updateTable('users')
      .set({ is_active: false })
      .where('id', '=', user_id)
      .execute();
    await forgot(user_email);
    expect((await sentMessages(test)).some(({ to }) => to === user_email)).toBe(false);
    expect((await reset(user_email, '123456')).statusCode).toBe(400);
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
