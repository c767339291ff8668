// Registering and signing in over HTTP.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { logIn, registration, signUp } from '../users/users.testkit.ts';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

function register(changes: Record<string, unknown> = {}) {
  return test.call({ method: 'POST', path: '/auth/register', body: registration(changes) });
}

describe('registering', () => {
  it('makes an unverified customer and says nothing of the password', async () => {
    const body = registration({ language: 'fil', first_name: '  Maria ' });
    const answer = await test.call({ method: 'POST', path: '/auth/register', body });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      user_name: body.user_name,
      user_email: body.user_email,
      user_phone: `+63${body.user_phone.slice(1)}`,
      first_name: 'Maria',
      last_name: 'Santos',
      language: 'fil',
      role: 'customer',
      seller_id: null,
      email_verified: false,
      phone_verified: false,
      is_active: true,
    });
    expect(answer.body).not.toContain('password');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['0917 765 4321', '+639177654321'],
    ['9177654321', '+639177654321'],
    ['639177654321', '+639177654321'],
    ['+63 (917) 765-4321', '+639177654321'],
  ])('keeps the phone %s as %s', async (user_phone, expected) => {
    const answer = await register({ user_phone });
    expect(answer.json().user_phone).toBe(expected);
  });

  it.each([
    ['user_email', (email: string) => email.toUpperCase()],
    ['user_name', (name: string) => name.toUpperCase()],
  ])('refuses a %s that is taken in another case', async (field, twist) => {
    const first = registration();
    await test.call({ method: 'POST', path: '/auth/register', body: first });
    const answer = await register({ [field]: twist(first[field as 'user_email' | 'user_name']) });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'CONFLICT', errors: [{ pointer: `/${field}` }] });
  });

  it('lets two people give one number until somebody has confirmed it', async () => {
    const { user_phone, user_id } = await signUp(test);
    expect((await register({ user_phone })).statusCode).toBe(201);
    await test.services.db
      .updateTable('users')
      .set({ phone_verified_at: test.clock.now() })
      .where('id', '=', user_id)
      .execute();
    const answer = await register({ user_phone });
    expect(answer.json()).toMatchObject({ status: 409, errors: [{ pointer: '/user_phone' }] });
  });

  it.each([
    ['a short user name', { user_name: 'ab' }, '/user_name'],
    ['a user name with a space', { user_name: 'maria santos' }, '/user_name'],
    ['an address without a domain', { user_email: 'maria' }, '/user_email'],
    ['a landline', { user_phone: '(02) 8123 4567' }, '/user_phone'],
    ['a foreign number', { user_phone: '+1 415 555 2671' }, '/user_phone'],
    ['a number as a number', { user_phone: 9_171_234_567 }, '/user_phone'],
    ['seven characters', { password: 'x7#kQ2v' }, '/password'],
    ['129 characters', { password: 'kalabasa '.repeat(15).slice(0, 129) }, '/password'],
    ['a common password', { password: 'password123' }, '/password'],
    ['the own names as password', { password: 'Maria.Santos.2026' }, '/password'],
    ['a blank name', { first_name: '   ' }, '/first_name'],
    ['terms that are not accepted', { terms_accepted: false }, '/terms_accepted'],
    ['a role', { role: 'admin' }, '/role'],
    ['a language that we do not speak', { language: 'de' }, '/language'],
  ])('refuses %s and points at it', async (_what, changes, pointer) => {
    const answer = await register(changes);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().code).toBe('VALIDATION_ERROR');
    expect(answer.json().errors.map((error: { pointer: string }) => error.pointer)).toContain(
      pointer,
    );
  });

  it.each(Object.keys(registration()))('demands %s', async (field) => {
    const { [field]: _left, ...body } = registration() as Record<string, unknown>;
    const answer = await test.call({ method: 'POST', path: '/auth/register', body });
    expect(answer.json()).toMatchObject({
      status: 400,
      errors: [{ pointer: `/${field}`, code: 'required' }],
    });
  });
});

describe('signing in', () => {
  it('answers with a pair of tokens and the user, whatever the case of the address', async () => {
    const { user_id, user_email } = await signUp(test);
    const answer = await logIn(test, user_email.toUpperCase());
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      user: { id: user_id },
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    const profile = await test.call({ path: '/users/me', token: answer.json().access });
    expect(profile.json().id).toBe(user_id);
  });

  it('keeps passwords as argon2id with at least 19 MiB and two passes, never as text', async () => {
    const { user_id } = await signUp(test);
    const { password_hash } = await test.services.db
      .selectFrom('users')
      .select('password_hash')
      .where('id', '=', user_id)
      .executeTakeFirstOrThrow();
    const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$/.exec(password_hash) ?? [];
    expect(Number(memory)).toBeGreaterThanOrEqual(19_456);
    expect(Number(passes)).toBeGreaterThanOrEqual(2);
  });

  it('gives the same answer for a wrong password and for an address without an account', async () => {
    const { user_email } = await signUp(test);
    const answers = [
      await logIn(test, user_email, { password: 'not-the-password' }),
      await logIn(test, 'nobody@example.com'),
    ];
    const [wrong, unknown] = answers.map((answer) => {
      const { request_id: _id, timestamp: _at, ...body } = answer.json();
      return { status: answer.statusCode, body, headers: Object.keys(answer.headers).sort() };
    });
    expect(unknown).toEqual(wrong);
    expect(wrong).toMatchObject({ status: 401, body: { code: 'INVALID_CREDENTIALS' } });
    expect(wrong?.headers).toContain('www-authenticate');
  });

  it('does the work of a password check even where there is no account', async () => {
    const { user_email } = await signUp(test);
    const times_ms: Record<string, number[]> = { known: [], unknown: [] };
    // In turns, so that whatever else this machine does weighs on both alike.
    for (let i = 0; i < 9; i += 1) {
      for (const [name, email] of [
        ['known', user_email],
        ['unknown', 'nobody@example.com'],
      ] as const) {
        const started_ms = performance.now();
        await logIn(test, email, { password: 'not-the-password' });
        times_ms[name]?.push(performance.now() - started_ms);
      }
    }
    const [known_ms = 0, unknown_ms = 0] = Object.values(times_ms).map(
      (times) => times.sort((a, b) => a - b)[4],
    );
    // A check that is left out would make one of them several times faster.
    expect(unknown_ms).toBeGreaterThan(known_ms * 0.5);
    expect(unknown_ms).toBeLessThan(known_ms * 2);
  });

  it('turns people away when too many sign in at once, instead of keeping everybody waiting', async () => {
    const crowd = await Promise.all(
      Array.from({ length: 120 }, () => logIn(test, 'nobody@example.com')),
    );
    const statuses = new Set(crowd.map((answer) => answer.statusCode));
    expect(statuses).toEqual(new Set([401, 503]));
    const refused = crowd.find((answer) => answer.statusCode === 503);
    expect(refused?.json().code).toBe('SERVICE_UNAVAILABLE');
    expect(refused?.headers['retry-after']).toBeDefined();
  });

  it('reveals that an account is closed only after the right password', async () => {
    const { user_id, user_email } = await signUp(test);
    await test.services.db
      .updateTable('users')
      .set({ is_active: false })
      .where('id', '=', user_id)
      .execute();
    expect((await logIn(test, user_email, { password: 'not-the-password' })).json().code).toBe(
      'INVALID_CREDENTIALS',
    );
    expect((await logIn(test, user_email)).json()).toMatchObject({
      status: 403,
      code: 'ACCOUNT_INACTIVE',
    });
  });

  it('refuses a number as a password, and unknown members', async () => {
    const { user_email } = await signUp(test);
    expect((await logIn(test, user_email, { password: 12_345_678 })).statusCode).toBe(400);
    expect((await logIn(test, user_email, { remember: true })).json()).toMatchObject({
      status: 400,
      errors: [{ pointer: '/remember' }],
    });
  });

  it('leaves an audit entry without a personal value', async () => {
    const { user_id } = await signUp(test);
    const entries = await test.services.db
      .selectFrom('audit_entries')
      .selectAll()
      .where('object_id', '=', user_id)
      .execute();
    expect(entries.map((entry) => entry.action)).toEqual(['user.registered', 'session.started']);
    expect(JSON.stringify(entries)).not.toMatch(/Maria|@example|\+63/);
  });
});

describe('permissions', () => {
  it('follow from role and verification', async () => {
    const { user_id, access } = await signUp(test);
    const before = (await test.call({ path: '/auth/permissions', token: access })).json();
    expect(before.role).toBe('customer');
    expect(before.permissions).toContain('favorites.manage');
    expect(before.permissions).not.toContain('orders.place');
    await test.services.db
      .updateTable('users')
      .set({ email_verified_at: test.clock.now() })
      .where('id', '=', user_id)
      .execute();
    const after = (await test.call({ path: '/auth/permissions', token: access })).json();
    expect(after.permissions).toContain('orders.place');
    expect(after.permissions).not.toContain('users.manage');
  });

  it('are not shown to anonymous callers', async () => {
    expect((await test.call({ path: '/auth/permissions' })).statusCode).toBe(401);
  });
});
