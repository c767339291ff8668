// What a token counts for is decided by the database, on each request, on every process.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { makePrivateKey } from '../../../../test/support/private-key.ts';
import { MINUTE_MS, SECOND_MS } from '../../../lib/time.ts';
import {
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

describe('a signed-in caller', () => {
  it('is decided by the database on each request: role, activity and verification change at once', async () => {
    const { user_id, access } = await signUp(test);
    const list = () =>
      otherProcess.app.inject({
        url: '/api/v1/users',
        headers: { authorization: `Bearer ${access}` },
      });
    expect((await list()).statusCode).toBe(403);
    await test.services.db
      .updateTable('users')
      .set({ role: 'admin' })
      .where('id', '=', user_id)
      .execute();
    expect((await list()).statusCode).toBe(200);
    await test.services.db
      .updateTable('users')
      .set({ is_active: false })
      .where('id', '=', user_id)
      .execute();
    expect((await list()).json()).toMatchObject({ status: 401, code: 'TOKEN_REVOKED' });
  });

  it('is checked with one statement; when the session was last used is written at most once a minute', async () => {
    const { user_id, access } = await signUp(test);
    const lastUsed = async () =>
      (
        await test.services.db
          .selectFrom('sessions')
          .select('last_used_at')
          .where('user_id', '=', user_id)
          .executeTakeFirstOrThrow()
      ).last_used_at;
    const first = await lastUsed();
    test.clock.advance(30 * SECOND_MS);
    test.statements.length = 0;
    await test.call({ path: '/auth/permissions', token: access });
    expect(test.statements).toEqual([]);
    expect(await lastUsed()).toEqual(first);
    test.clock.advance(MINUTE_MS);
    await test.call({ path: '/auth/permissions', token: access });
    expect((await lastUsed()).getTime()).toBeGreaterThan(first.getTime() + MINUTE_MS);
  });

  it('ends with the session, even where the token would live on', async () => {
    const { user_id, access } = await signUp(test);
    await test.services.db
      .updateTable('sessions')
      .set({ expires_at: test.clock.now() })
      .where('user_id', '=', user_id)
      .execute();
    expect(await statusOf(test.app, access)).toEqual({ status: 401, code: 'TOKEN_REVOKED' });
  });
});
