// Sessions over HTTP: rotation, reuse, signing out here and everywhere, on every process.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { makePrivateKey } from '../../../../test/support/private-key.ts';
import { DAY_MS, MINUTE_MS } from '../../../lib/time.ts';
import { forgetExpiredSessions } from '../../users/erasure/erasure.service.ts';
import {
  logIn,
  type OtherProcess,
  signUp,
  startOtherProcess,
  statusOf,
} from '../../users/users.testkit.ts';

const JWT_PRIVATE_KEYS = makePrivateKey();

let test: TestApp;
let otherProcess: OtherProcess;
beforeAll(async () => {
  test = await createTestApp({ env: { JWT_PRIVATE_KEYS } });
  otherProcess = await startOtherProcess(test);
});
afterAll(async () => {
  await otherProcess.close();
  await test.close();
});

function refreshWith(refresh: unknown) {
  return test.call({ method: 'POST', path: '/auth/login/refresh', body: { refresh } });
}

describe('refreshing', () => {
  it('spends the old token for a new pair that works', async () => {
    const person = await signUp(test);
    const answer = await refreshWith(person.refresh);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
    expect(answer.json().refresh).not.toBe(person.refresh);
    expect(await statusOf(test.app, answer.json().access)).toMatchObject({ status: 200 });
    expect((await refreshWith(answer.json().refresh)).statusCode).toBe(200);
  });

  it('with a spent token ends the whole session at once, on every process', async () => {
    const person = await signUp(test);
    const { access, refresh } = (await refreshWith(person.refresh)).json();
    expect((await refreshWith(person.refresh)).json()).toMatchObject({
      status: 401,
      code: 'TOKEN_REVOKED',
    });
    expect((await refreshWith(refresh)).json()).toMatchObject({
      status: 401,
      code: 'TOKEN_REVOKED',
    });
    for (const app of [test.app, otherProcess.app]) {
      expect(await statusOf(app, access)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
      expect(await statusOf(app, person.access)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    }
  });

  it('leaves the other sessions of the user alone when one was copied', async () => {
    const person = await signUp(test);
    const other = (await logIn(test, person.user_email)).json();
    await refreshWith(person.refresh);
    await refreshWith(person.refresh);
    expect(await statusOf(test.app, other.access)).toMatchObject({ status: 200 });
  });

  it('does not prolong a session beyond its absolute lifetime', async () => {
    const person = await signUp(test);
    test.clock.advance(29 * DAY_MS);
    const { refresh } = (await refreshWith(person.refresh)).json();
    test.clock.advance(DAY_MS);
    expect((await refreshWith(refresh)).json()).toMatchObject({
      status: 401,
      code: 'TOKEN_EXPIRED',
    });
  });

  it.each([
    ['an unknown token', 'x'.repeat(43), 401],
    ['an empty one', '', 400],
    ['a number', 7, 400],
    ['an overlong one', 'x'.repeat(201), 400],
  ])('refuses %s', async (_what, refresh, status) => {
    expect((await refreshWith(refresh)).statusCode).toBe(status);
  });

  it('refuses an access token', async () => {
    const person = await signUp(test);
    expect((await refreshWith(person.access)).statusCode).toBe(400);
  });

  it('keeps refresh tokens as hashes only', async () => {
    const person = await signUp(test);
    const rows = await test.services.db.selectFrom('refresh_tokens').selectAll().execute();
    const kept = rows
      .map((row) => `${row.token_hash.toString('base64url')} ${row.token_hash.toString('utf8')}`)
      .join(' ');
    expect(kept).not.toContain(person.refresh);
  });
});

describe('signing out', () => {
  it('kills both tokens at once, on every process', async () => {
    const { access, refresh } = await signUp(test);
    expect(await statusOf(otherProcess.app, access)).toMatchObject({ status: 200 });
    const answer = await test.call({
      method: 'POST',
      path: '/auth/logout',
      token: access,
      body: { refresh },
    });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    for (const app of [test.app, otherProcess.app])
      expect(await statusOf(app, access)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
    expect((await refreshWith(refresh)).json().code).toBe('TOKEN_REVOKED');
  });

  it("ends the other session of mine that the refresh token belongs to, and never a stranger's", async () => {
    const me = await signUp(test);
    const elsewhere = (await logIn(test, me.user_email)).json();
    const stranger = await signUp(test);
    await test.call({
      method: 'POST',
      path: '/auth/logout',
      token: me.access,
      body: { refresh: elsewhere.refresh },
    });
    expect(await statusOf(test.app, elsewhere.access)).toMatchObject({ status: 401 });
    const again = (await logIn(test, me.user_email)).json();
    await test.call({
      method: 'POST',
      path: '/auth/logout',
      token: again.access,
      body: { refresh: stranger.refresh },
    });
    expect(await statusOf(test.app, stranger.access)).toMatchObject({ status: 200 });
  });

  it('needs a token and a body', async () => {
    const { access, refresh } = await signUp(test);
    expect(
      (await test.call({ method: 'POST', path: '/auth/logout', body: { refresh } })).statusCode,
    ).toBe(401);
    expect(
      (await test.call({ method: 'POST', path: '/auth/logout', token: access, body: {} }))
        .statusCode,
    ).toBe(400);
  });
});

describe('the list of sessions', () => {
  it('shows mine alone, newest first, and which one I am in', async () => {
    const me = await signUp(test);
    await signUp(test);
    const second = (await logIn(test, me.user_email)).json();
    const answer = await test.call({ path: '/auth/sessions', token: second.access });
    const { count, results } = answer.json();
    expect(count).toBe(2);
    expect(results.map((session: { is_current: boolean }) => session.is_current)).toEqual([
      true,
      false,
    ]);
    expect(results[0]).toMatchObject({ user_agent: 'lightMyRequest', ip_prefix: '127.0.0.0/24' });
  });

  it('lets me end one, which is then gone everywhere', async () => {
    const me = await signUp(test);
    const second = (await logIn(test, me.user_email)).json();
    const { results } = (await test.call({ path: '/auth/sessions', token: me.access })).json();
    const { id } = results.find((session: { is_current: boolean }) => !session.is_current);
    const end = () =>
      test.call({ method: 'DELETE', path: `/auth/sessions/${id}`, token: me.access });
    expect((await end()).statusCode).toBe(204);
    expect((await end()).statusCode).toBe(404);
    expect(await statusOf(otherProcess.app, second.access)).toEqual({
      status: 401,
      code: 'TOKEN_REVOKED',
    });
    expect(await statusOf(otherProcess.app, me.access)).toMatchObject({ status: 200 });
  });

  it("answers the same for a stranger's session and for none", async () => {
    const me = await signUp(test);
    const stranger = await signUp(test);
    const { results } = (
      await test.call({ path: '/auth/sessions', token: stranger.access })
    ).json();
    for (const id of [results[0].id, '01890000-0000-7000-8000-000000000000', 'nonsense']) {
      const answer = await test.call({
        method: 'DELETE',
        path: `/auth/sessions/${id}`,
        token: me.access,
      });
      expect(answer.statusCode).toBe(404);
    }
    expect(await statusOf(test.app, stranger.access)).toMatchObject({ status: 200 });
  });

  it('lets me end all of them, this one included', async () => {
    const me = await signUp(test);
    const second = (await logIn(test, me.user_email)).json();
    expect(
      (await test.call({ method: 'DELETE', path: '/auth/sessions', token: me.access })).statusCode,
    ).toBe(204);
    for (const access of [me.access, second.access])
      expect(await statusOf(test.app, access)).toMatchObject({ status: 401 });
  });
});

it('forgets sessions a month after their end', async () => {
  const { user_id } = await signUp(test);
  const count = async () =>
    (
      await test.services.db
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', user_id)
        .execute()
    ).length;
  test.clock.advance(60 * DAY_MS - MINUTE_MS);
  await forgetExpiredSessions(test.system);
  expect(await count()).toBe(1);
  test.clock.advance(2 * MINUTE_MS);
  await forgetExpiredSessions(test.system);
  expect(await count()).toBe(0);
});
