// `reencrypt` in this process, over more factors than one batch; what it is for, the drill of key rotation shows.
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import { EXIT } from '../../lib/exit.ts';
import { openSecret } from '../../lib/keys/sealed.ts';
import { signUp } from '../../modules/users/users.testkit.ts';
import { loadTokens } from '../../tokens/tokens.ts';
import { reencrypt } from './reencrypt.ts';

const OLD = 'the secret of the year before last';
const NEW = 'the secret that takes its place now';
/** With the one person that is real, one more than a batch. */
const UNREADABLE = 500;

let test: TestApp;
let enrolled: { user_id: string; secret: string };
beforeAll(async () => {
  test = await createTestApp({ env: { APP_SECRET: OLD } });
  const { user_id, access } = await signUp(test);
  const path = '/auth/mfa/totp/enroll';
  const { secret } = (await test.call({ method: 'POST', path, token: access })).json();
  enrolled = { user_id, secret };
});
afterAll(() => test.close());
beforeEach(() => {
  vi.stubEnv('NODE_ENV', 'test');
  vi.stubEnv('DATABASE_URL', test.databaseUrl);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function run(APP_SECRET: string) {
  vi.stubEnv('APP_SECRET', APP_SECRET);
  const lines: string[] = [];
  const collect = (text: string | Uint8Array) => lines.push(String(text).trimEnd()) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(collect);
  vi.spyOn(process.stderr, 'write').mockImplementation(collect);
  const exitCode = await reencrypt();
  vi.restoreAllMocks();
  return { exitCode, lines };
}

async function sealedSecret(): Promise<Buffer | null> {
  const user = await test.services.db
    .selectFrom('users')
    .select('mfa_secret')
    .where('id', '=', enrolled.user_id)
    .executeTakeFirstOrThrow();
  return user.mfa_secret;
}

it('encrypts with the first secret what another had, and leaves the rest as it is', async () => {
  const before = await sealedSecret();
  expect(await run(OLD)).toEqual({
    exitCode: EXIT.done,
    lines: ['0 of 1 second factors encrypted anew with the first secret'],
  });
  expect(await sealedSecret()).toEqual(before);
  expect((await run(`${NEW},${OLD}`)).lines).toEqual([
    '1 of 1 second factors encrypted anew with the first secret',
  ]);
  const tokens = await loadTokens({ ...test.services.config, APP_SECRET: NEW });
  const sealed = (await sealedSecret()) ?? Buffer.alloc(0);
  expect(openSecret(tokens.deriveKeys('second-factor'), enrolled.user_id, sealed)).toEqual({
    secret: enrolled.secret,
    isCurrent: true,
  });
});

it('names the first that no secret opens, counts the others, and fails', async () => {
  await sql`
    INSERT INTO users (id, user_name, user_email, user_phone, password_hash, first_name, last_name, mfa_secret,
      terms_accepted_at, created_at, updated_at)
    SELECT gen_random_uuid(), 'tindera_' || n, 'tindera-' || n || '@example.com', '+63918' || lpad(n::text, 7, '0'),
      'none', 'Maria', 'Santos', 'unreadable'::bytea, now(), now(), now()
    FROM generate_series(1, ${UNREADABLE}) n`.execute(test.services.db);
  const { exitCode, lines } = await run(`${NEW},${OLD}`);
  expect(exitCode).toBe(EXIT.failed);
  expect(lines[0]).toBe('0 of 501 second factors encrypted anew with the first secret');
  expect(lines.filter((line) => line.includes('opens the second factor of user'))).toHaveLength(20);
  expect(lines.at(-1)).toContain('nor those of 480 more users');
});
