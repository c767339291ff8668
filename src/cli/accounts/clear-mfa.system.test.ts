// `user clear-mfa` as it is run: somebody who lost their second factor signs in again.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createEnrolled } from '../../../test/problems/members.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { runCli } from '../../../test/support/processes/cli.ts';
import { auditOf, logIn } from '../../modules/users/users.testkit.ts';

/** Each command is a process of its own, which a busy machine starts slowly. */
vi.setConfig({ testTimeout: 90_000 });

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

it('clears the factor of who has the address, audited, and says whom it does not know', async () => {
  const mfa_enabled_at = test.clock.now();
  const { user_id, user_email } = await createEnrolled(test, { mfa_enabled_at });
  expect((await logIn(test, user_email)).json().code).toBe('MFA_REQUIRED');
  const env = { DATABASE_URL: test.databaseUrl, APP_SECRET: 'q7Hw2mPz9Xc4Vb6Nn1Ld8Kf3Js5Ga0RtYe' };
  const run = (address: string) => runCli(['user', 'clear-mfa', address], { env });
  const cleared = await run(user_email.toUpperCase());
  expect([cleared.exitCode, cleared.stdout]).toEqual([0, expect.stringContaining(user_id)]);
  expect((await logIn(test, user_email)).statusCode).toBe(200);
  expect(await auditOf(test, user_id, 'user.mfa_cleared')).toEqual([
    { actor_id: null, changes: {} },
  ]);
  const again = await run(user_email);
  expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('No second factor')]);
  const nobody = await run('nobody@example.com');
  expect([nobody.exitCode, nobody.stderr]).toEqual([2, expect.stringContaining('No user')]);
});
