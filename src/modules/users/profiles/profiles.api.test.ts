// /users/me over HTTP: my profile, and leaving.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import {
  auditOf,
  confirmEmail,
  logIn,
  type Person,
  registration,
  signUp,
  statusOf,
} from '../users.testkit.ts';

let test: TestApp;
let admin: TestActor;
beforeAll(async () => {
  test = await createTestApp();
  admin = await createActor(test, { role: 'admin' });
});
afterAll(() => test.close());

function asAdmin(method: 'GET' | 'PATCH' | 'DELETE' | 'POST', path: string, body?: object) {
  return test.call({ method, path, token: admin.token, ...(body === undefined ? {} : { body }) });
}

function patchMe(person: Pick<Person, 'access'>, body: object) {
  return test.call({ method: 'PATCH', path: '/users/me', token: person.access, body });
}

describe('my profile', () => {
  it('is mine to read and change', async () => {
    const person = await signUp(test);
    const answer = await patchMe(person, {
      first_name: ' Corazon ',
      language: 'fil',
      user_phone: '0919 555 0102',
    });
    expect(answer.json()).toMatchObject({
      first_name: 'Corazon',
      language: 'fil',
      user_phone: '+639195550102',
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    const read = await test.call({ path: '/users/me', token: person.access });
    expect(read.json()).toEqual(answer.json());
    expect(await auditOf(test, person.user_id, 'user.changed')).toEqual([
      {
        actor_id: person.user_id,
        changes: { language: ['en', 'fil'], personal: ['user_phone', 'first_name'] },
      },
    ]);
  });

  it.each([
    ['nothing', {}],
    ['a role', { role: 'admin' }],
    ['activity', { is_active: false }],
    ['a password', { password: 'kalabasa-sa-ilalim-8' }],
    ['a landline', { user_phone: '02 8123 4567' }],
    ['a number instead of a name', { first_name: 7 }],
  ])('refuses %s', async (_what, body) => {
    expect((await patchMe(await signUp(test), body)).statusCode).toBe(400);
  });

  it("refuses somebody else's user_name with its pointer", async () => {
    const taken = registration();
    await test.call({ method: 'POST', path: '/auth/register', body: taken });
    const answer = await patchMe(await signUp(test), { user_name: taken.user_name.toUpperCase() });
    expect(answer.json()).toMatchObject({
      status: 409,
      code: 'CONFLICT',
      errors: [{ pointer: '/user_name' }],
    });
  });

  it('does not reveal whether an e-mail address belongs to somebody', async () => {
    const other = await signUp(test);
    await confirmEmail(test, other);
    const answers = [];
    for (const user_email of [other.user_email.toUpperCase(), 'nobody-yet@example.com']) {
      test.statements.length = 0;
      const answer = await patchMe(await signUp(test), { user_email });
      expect(answer.json().pending_email).toBe(user_email);
      answers.push([answer.statusCode, test.statements.slice(-12)]);
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  it('shows the seller profile that belongs to it', async () => {
    const seller = await createActor(test, { role: 'seller' });
    const { seller_id } = (await test.call({ path: '/users/me', token: seller.token })).json();
    expect(seller_id).toBe(seller.seller_id);
  });

  it('needs a token', async () => {
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      expect((await test.call({ method, path: '/users/me' })).statusCode).toBe(401);
    }
  });
});

describe('deleting my account', () => {
  it('ends every session, hides me, and frees name and address', async () => {
    const person = await signUp(test);
    const other = (await logIn(test, person.user_email)).json();
    expect(
      (await test.call({ method: 'DELETE', path: '/users/me', token: person.access })).statusCode,
    ).toBe(204);
    for (const access of [person.access, other.access]) {
      expect(await statusOf(test.app, access)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    }
    expect((await logIn(test, person.user_email)).json().code).toBe('INVALID_CREDENTIALS');
    expect((await asAdmin('GET', `/users/${person.user_id}`)).statusCode).toBe(404);
    const again = await test.call({
      method: 'POST',
      path: '/auth/register',
      body: registration({ user_email: person.user_email }),
    });
    expect(again.statusCode).toBe(201);
  });

  it('is refused while I have a seller profile', async () => {
    const seller = await createActor(test, { role: 'seller' });
    const remove = () => test.call({ method: 'DELETE', path: '/users/me', token: seller.token });
    expect((await remove()).json()).toMatchObject({ status: 409, code: 'CONFLICT' });
    await test.call({
      method: 'DELETE',
      path: `/sellers/${seller.seller_id}`,
      token: seller.token,
    });
    expect((await remove()).statusCode).toBe(204);
  });
});
