// /users over HTTP: what admins see and change of everybody.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { DAY_MS } from '../../lib/time.ts';
import { auditOf, logIn, registration, signUp, statusOf } from './users.testkit.ts';

let test: TestApp;
let admin: TestActor;
beforeAll(async () => {
  test = await createTestApp();
  admin = await createActor(test, { role: 'admin' });
});
// Some of what follows moves the clock, and most of it needs a fresh proof.
beforeEach(proveAdmin);
afterAll(() => test.close());

const ABSENT = '01890000-0000-7000-8000-000000000000';

async function proveAdmin(): Promise<void> {
  await test.services.db
    .updateTable('sessions')
    .set({ stepped_up_at: test.clock.now() })
    .where('id', '=', admin.session_id)
    .execute();
}

function asAdmin(method: 'GET' | 'PATCH' | 'DELETE' | 'POST', path: string, body?: object) {
  return test.call({ method, path, token: admin.token, ...(body === undefined ? {} : { body }) });
}

describe('the list of users', () => {
  const search = (query: string) => asAdmin('GET', `/users?${query}`);
  const names = async (query: string) =>
    (await search(query)).json().results.map((user: { user_name: string }) => user.user_name);

  it('finds people by part of a name or address, whatever case or accent', async () => {
    const { user_id } = await signUp(test, {
      first_name: 'Begoña',
      last_name: 'Ilagan',
      user_email: 'bego.ilagan@example.com',
    });
    for (const text of ['begona', 'ILAGAN', 'bego.ilagan@', 'Bego%C3%B1a%20Ilagan']) {
      const { results } = (await search(`search=${text}`)).json();
      expect(results.map((user: { id: string }) => user.id)).toEqual([user_id]);
    }
    expect(await names('search=bego%25')).toEqual([]);
    expect(await names('search=bego_ilagan')).toEqual([]);
  });

  it('filters by role, activity, verification and time', async () => {
    test.clock.advance(DAY_MS);
    await proveAdmin();
    const from = encodeURIComponent(test.clock.now().toISOString());
    const active = await signUp(test, { user_name: 'filter_a' });
    const closed = await signUp(test, { user_name: 'filter_b' });
    await asAdmin('PATCH', `/users/${closed.user_id}`, { is_active: false });
    await test.services.db
      .updateTable('users')
      .set({ email_verified_at: test.clock.now() })
      .where('id', '=', active.user_id)
      .execute();
    expect(await names(`created_from=${from}&ordering=user_name`)).toEqual([
      'filter_a',
      'filter_b',
    ]);
    expect(await names(`created_from=${from}&is_active=false`)).toEqual(['filter_b']);
    expect(await names(`created_from=${from}&verified=true`)).toEqual(['filter_a']);
    expect(await names(`created_from=${from}&verified=false`)).toEqual(['filter_b']);
    expect(await names(`created_from=${from}&role=admin`)).toEqual([]);
    expect(await names(`created_to=${from}&search=filter_`)).toEqual([]);
  });

  it('sorts as requested, newest first by default', async () => {
    test.clock.advance(DAY_MS);
    const from = encodeURIComponent(test.clock.now().toISOString());
    for (const [user_name, last_name] of [
      ['order_b', 'Abad'],
      ['order_c', 'Zobel'],
      ['order_a', 'abad'],
    ]) {
      await signUp(test, { user_name, last_name });
    }
    expect(await names(`created_from=${from}`)).toEqual(['order_a', 'order_c', 'order_b']);
    expect(await names(`created_from=${from}&ordering=created_at`)).toEqual([
      'order_b',
      'order_c',
      'order_a',
    ]);
    expect(await names(`created_from=${from}&ordering=-user_name`)).toEqual([
      'order_c',
      'order_b',
      'order_a',
    ]);
    expect(await names(`created_from=${from}&ordering=last_name,-user_name`)).toEqual([
      'order_b',
      'order_a',
      'order_c',
    ]);
  });

  it('pages by cursor in v2 through the same order', async () => {
    const seen: string[] = [];
    let path = '/api/v2/users?ordering=last_name,-created_at&limit=3';
    for (;;) {
      const { data, next_cursor } = (await asAdmin('GET', path)).json();
      seen.push(...data.map((user: { id: string }) => user.id));
      if (next_cursor === null) break;
      path = `/api/v2/users?ordering=last_name,-created_at&limit=3&cursor=${next_cursor}`;
    }
    const { results, count } = (
      await search('ordering=last_name,-created_at&page_size=100')
    ).json();
    expect(seen).toEqual(results.map((user: { id: string }) => user.id));
    expect(seen).toHaveLength(count);
  });

  it.each([
    'ordering=password_hash',
    'ordering=user_name;drop',
    'ordering=',
    'role=owner',
    'verified=maybe',
    'created_from=yesterday',
    'nonsense=1',
  ])('refuses %s', async (query) => {
    expect((await search(query)).statusCode).toBe(400);
  });

  it('takes two statements at most', async () => {
    test.statements.length = 0;
    await search('search=a&page_size=2');
    expect(test.statements.length).toBeLessThanOrEqual(2);
  });
});

describe('what admins change', () => {
  it('takes effect with the next request of the user and is audited', async () => {
    const person = await signUp(test);
    const list = () => test.call({ path: '/users', token: person.access });
    expect((await list()).statusCode).toBe(403);
    expect(
      (await asAdmin('PATCH', `/users/${person.user_id}`, { role: 'admin' })).json().role,
    ).toBe('admin');
    expect((await list()).statusCode).toBe(200);
    await asAdmin('PATCH', `/users/${person.user_id}`, { role: 'customer' });
    expect((await list()).statusCode).toBe(403);
    expect(await auditOf(test, person.user_id, 'user.changed')).toEqual([
      { actor_id: admin.user_id, changes: { role: ['customer', 'admin'] } },
      { actor_id: admin.user_id, changes: { role: ['admin', 'customer'] } },
    ]);
  });

  it('signs a closed account out everywhere, and an opened one signs in anew', async () => {
    const person = await signUp(test);
    await asAdmin('PATCH', `/users/${person.user_id}`, { is_active: false });
    expect(await statusOf(test.app, person.access)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    expect((await logIn(test, person.user_email)).json().code).toBe('ACCOUNT_INACTIVE');
    await asAdmin('PATCH', `/users/${person.user_id}`, { is_active: true });
    expect(await statusOf(test.app, person.access)).toMatchObject({ status: 401 });
    expect((await logIn(test, person.user_email)).statusCode).toBe(200);
  });

  it('cannot be the role of a user with a seller profile', async () => {
    const seller = await createActor(test, { role: 'seller' });
    for (const role of ['customer', 'admin']) {
      expect((await asAdmin('PATCH', `/users/${seller.user_id}`, { role })).json()).toMatchObject({
        status: 409,
        code: 'CONFLICT',
      });
    }
    expect(
      (await asAdmin('PATCH', `/users/${seller.user_id}`, { role: 'seller', first_name: 'Nena' }))
        .statusCode,
    ).toBe(200);
  });

  it('can be deleted and restored', async () => {
    const person = await signUp(test);
    expect((await asAdmin('DELETE', `/users/${person.user_id}`)).statusCode).toBe(204);
    expect((await asAdmin('DELETE', `/users/${person.user_id}`)).statusCode).toBe(404);
    const restored = await asAdmin('POST', `/users/${person.user_id}/restore`);
    expect(restored.json()).toMatchObject({ id: person.user_id, is_active: true });
    expect(await statusOf(test.app, person.access)).toMatchObject({ status: 401 });
    expect((await logIn(test, person.user_email)).statusCode).toBe(200);
    expect((await asAdmin('POST', `/users/${person.user_id}/restore`)).json()).toMatchObject({
      status: 409,
      code: 'CONFLICT',
    });
  });

  it.each(['user_email', 'user_name'] as const)(
    'cannot be restored where the %s has a new owner',
    async (field) => {
      const gone = registration();
      const { id } = (
        await test.call({ method: 'POST', path: '/auth/register', body: gone })
      ).json();
      await asAdmin('DELETE', `/users/${id}`);
      await test.call({
        method: 'POST',
        path: '/auth/register',
        body: registration({ [field]: gone[field] }),
      });
      expect((await asAdmin('POST', `/users/${id}/restore`)).json()).toMatchObject({
        status: 409,
        errors: [{ pointer: `/${field}` }],
      });
    },
  );

  it('is empty where no user matches', async () => {
    for (const id of [ABSENT, 'nonsense']) {
      expect((await asAdmin('GET', `/users/${id}`)).statusCode).toBe(404);
      expect((await asAdmin('PATCH', `/users/${id}`, { language: 'fil' })).statusCode).toBe(404);
      expect((await asAdmin('DELETE', `/users/${id}`)).statusCode).toBe(404);
      expect((await asAdmin('POST', `/users/${id}/restore`)).statusCode).toBe(404);
    }
  });

  it.each(['customer', 'seller'] as const)(
    'is closed to a %s, whoever it is about',
    async (role) => {
      const actor = await createActor(test, { role });
      for (const id of [actor.user_id, admin.user_id, ABSENT]) {
        for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
          const body = method === 'PATCH' ? { body: { role: 'admin' } } : {};
          expect(
            (await test.call({ method, path: `/users/${id}`, token: actor.token, ...body }))
              .statusCode,
          ).toBe(403);
        }
        expect(
          (await test.call({ method: 'POST', path: `/users/${id}/restore`, token: actor.token }))
            .statusCode,
        ).toBe(403);
      }
      expect((await test.call({ path: '/users', token: actor.token })).statusCode).toBe(403);
      expect((await test.call({ path: '/users' })).statusCode).toBe(401);
    },
  );
});

describe('the last admin', () => {
  it('cannot be demoted, closed or deleted in any way', async () => {
    const attempts = [
      await asAdmin('PATCH', `/users/${admin.user_id}`, { role: 'customer' }),
      await asAdmin('PATCH', `/users/${admin.user_id}`, { is_active: false }),
      await asAdmin('DELETE', `/users/${admin.user_id}`),
      await asAdmin('DELETE', '/users/me'),
    ];
    for (const attempt of attempts)
      expect(attempt.json()).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect(
      (
        await asAdmin('PATCH', `/users/${admin.user_id}`, {
          language: 'fil',
          role: 'admin',
          is_active: true,
        })
      ).statusCode,
    ).toBe(200);
  });

  it('is not another one whose account is closed', async () => {
    const other = await createActor(test, { role: 'admin' });
    await asAdmin('PATCH', `/users/${other.user_id}`, { is_active: false });
    expect((await asAdmin('DELETE', '/users/me')).statusCode).toBe(409);
    expect((await asAdmin('DELETE', `/users/${other.user_id}`)).statusCode).toBe(204);
  });
});
