import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../test/support/app.ts';
import { newId } from '../lib/ids.ts';
import { startSession } from '../modules/auth/sessions/sessions.service.ts';
import { sessionOfRefreshToken, signRefreshToken } from './refresh-tokens.ts';
import { loadTokens } from './tokens.ts';

const [KEY, OLD_KEY, STRANGERS_KEY] = [randomBytes(32), randomBytes(32), randomBytes(32)];

describe('a refresh token', () => {
  it('names its session to whoever holds one of the keys, and is another one each time', () => {
    const session_id = newId();
    const tokens = [KEY, OLD_KEY].map((key) => signRefreshToken(key, session_id));
    for (const token of tokens)
      expect(sessionOfRefreshToken([KEY, OLD_KEY], token)).toBe(session_id);
    expect(signRefreshToken(KEY, session_id)).not.toBe(signRefreshToken(KEY, session_id));
    expect(tokens[0]?.length).toBeLessThan(200);
  });

  it.each([
    ['of a stranger', signRefreshToken(STRANGERS_KEY, newId())],
    ['with another session in it', signRefreshToken(KEY, newId()).replace(/^.{36}/, newId())],
    [
      'with another secret in it',
      signRefreshToken(KEY, newId()).replace(/\.[\w-]{43}\./, `.${'A'.repeat(43)}.`),
    ],
    ['without its end', signRefreshToken(KEY, newId()).slice(0, -1)],
    ['with something behind it', `${signRefreshToken(KEY, newId())}A`],
    ['of another form', 'kamatis'],
    ['that is empty', ''],
  ])('%s names none', (_what, token) => {
    expect(sessionOfRefreshToken([KEY, OLD_KEY], token)).toBeUndefined();
  });
});

describe('refreshing', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await createTestApp();
  });
  afterAll(() => test.close());

  it('works with a token whose key is gone: what is stored decides', async () => {
    const { config } = test.services;
    const before = await loadTokens({
      ...config,
      APP_SECRET: 'a secret that was replaced long ago',
    });
    const { user_id } = await createActor(test);
    const { refresh } = await startSession({ ...test.system, tokens: before }, { user_id });
    expect(test.services.tokens.sessionOfRefresh(refresh)).toBeUndefined();
    const path = '/auth/login/refresh';
    const answer = await test.call({ method: 'POST', path, body: { refresh } });
    expect(answer.statusCode).toBe(200);
    expect(test.services.tokens.sessionOfRefresh(answer.json().refresh)).toBeDefined();
  });
});
