// Access tokens: what is accepted, what is refused, and where the keys come from.
import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSigner } from 'fast-jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../test/support/app.ts';
import { ConfigError, loadConfig } from '../config.ts';
import { isProblem, TOKEN_EXPIRED, UNAUTHENTICATED } from '../lib/problem.ts';
import { MINUTE_MS, plusMs } from '../lib/time.ts';
import { configuredKeys } from './derived-keys.ts';
import { ACCESS_LIFETIME_MS, loadTokens } from './tokens.ts';

const NOW = new Date('2026-03-02T02:00:00.000Z');
const SECONDS = Math.floor(NOW.getTime() / 1000);
const OURS = newKey();
const STRANGERS = newKey();

function newKey(): string {
  return generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'der' })
    .toString('base64');
}

function pemOf(key: string): string {
  return createPrivateKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

function configOf(env: Record<string, string>) {
  return loadConfig({ NODE_ENV: 'test', ...env }, '0');
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

describe('the attack table', () => {
  let test: TestApp;
  let actor: TestActor;
  let claims: Record<string, unknown>;
  let kid: string;
  beforeAll(async () => {
    test = await createTestApp({ env: { JWT_PRIVATE_KEYS: OURS } });
    actor = await createActor(test);
    const [header, payload] = actor.token
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    claims = JSON.parse(payload ?? '');
    kid = JSON.parse(header ?? '').kid;
  });
  afterAll(() => test.close());

  function sign(changes: { key?: string; header?: object; claims?: object } = {}): string {
    const key = changes.key ?? OURS;
    const header = { alg: 'EdDSA', typ: 'at+jwt', kid, ...changes.header };
    return createSigner({ key: pemOf(key), algorithm: 'EdDSA', header })({
      ...claims,
      ...changes.claims,
    });
  }

  const unsigned = (header: object) => `${encode(header)}.${encode(claims)}`;
  const publicKey = () => JSON.stringify(test.services.tokens.jwks.keys[0]);
  const hs256 = (secret: string) => {
    const input = unsigned({ alg: 'HS256', typ: 'at+jwt', kid });
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };
  const at = (offset_s: number) => Math.floor(test.clock.now().getTime() / 1000) + offset_s;

  it('lets a token through that is signed like ours, so that the refusals below mean something', async () => {
    const answer = await test.call({ path: '/users/me', token: sign() });
    expect(answer.statusCode).toBe(200);
  });

  it.each<[string, () => string]>([
    ['no signature and alg none', () => `${unsigned({ alg: 'none', typ: 'at+jwt', kid })}.`],
    ['alg none in another case', () => `${unsigned({ alg: 'nOnE', typ: 'at+jwt', kid })}.`],
    ['HS256 with the public key as secret', () => hs256(publicKey())],
    ['HS256 with the x of the public key', () => hs256(JSON.parse(publicKey()).x)],
    ["a stranger's key under our key id", () => sign({ key: STRANGERS })],
    ['an unknown key id', () => sign({ header: { kid: 'unknown' } })],
    ['a key id that is a path', () => sign({ header: { kid: '../../dev/null' } })],
    ['a key id that is an object', () => sign({ header: { kid: { toString: 1 } } })],
    ['no key id', () => sign({ header: { kid: undefined } })],
    [
      'a key that it brings along',
      () => sign({ key: STRANGERS, header: { jwk: test.services.tokens.jwks.keys[0] } }),
    ],
    ['a critical header that nobody knows', () => sign({ header: { crit: ['b64'], b64: false } })],
    ['another type', () => sign({ header: { typ: 'JWT' } })],
    ['another audience', () => sign({ claims: { aud: 'somebody-else' } })],
    ['another issuer', () => sign({ claims: { iss: 'https://evil.example' } })],
    ['no audience', () => sign({ claims: { aud: undefined } })],
    ['no end', () => sign({ claims: { exp: undefined } })],
    [
      'an end that is text',
      () => `${unsigned({ alg: 'EdDSA', typ: 'at+jwt', kid })}.${'A'.repeat(86)}`,
    ],
    ['a beginning in the future', () => sign({ claims: { nbf: at(60) } })],
    ['a session id that is no id', () => sign({ claims: { sid: "' OR 1=1 --" } })],
    ['a user id that is no id', () => sign({ claims: { sub: '1' } })],
    [
      'a session of somebody else',
      () => sign({ claims: { sub: '01890000-0000-7000-8000-000000000000' } }),
    ],
    ['the refresh token', () => actor.refresh],
    [
      'a changed payload',
      () => actor.token.replace(/\.[^.]+\./, `.${encode({ ...claims, sub: actor.session_id })}.`),
    ],
    ['a changed signature', () => `${actor.token.slice(0, -4)}AAAA`],
    ['no signature', () => actor.token.split('.').slice(0, 2).join('.')],
    ['an empty signature', () => `${actor.token.split('.').slice(0, 2).join('.')}.`],
    [
      'a header that is no JSON',
      () => `${Buffer.from('{').toString('base64url')}.${encode(claims)}.AAAA`,
    ],
    [
      'a header that is null',
      () => `${Buffer.from('null').toString('base64url')}.${encode(claims)}.AAAA`,
    ],
    ['8 kB of text', () => 'x'.repeat(8 * 1024)],
    [
      '8 kB of a token',
      () => sign({ claims: { filler: randomBytes(6 * 1024).toString('base64url') } }),
    ],
    ['dots', () => '..'],
    ['a single word', () => 'token'],
  ])('refuses %s with 401', async (_what, make) => {
    const answer = await test.call({ path: '/users/me', token: make() });
    expect(answer.statusCode).toBe(401);
    expect(['UNAUTHENTICATED', 'TOKEN_REVOKED']).toContain(answer.json().code);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it.each(['Basic dTpw', 'Bearer', 'Bearer ', 'Token abc', 'Bearer a b', ''])(
    'refuses the header "%s" with 401',
    async (authorization) => {
      const answer = await test.call({ path: '/users/me', headers: { authorization } });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    },
  );

  it('distinguishes an expired token from a bad one', async () => {
    const answer = await test.call({ path: '/users/me', token: sign({ claims: { exp: at(-1) } }) });
    expect(answer.json()).toMatchObject({ status: 401, code: 'TOKEN_EXPIRED' });
  });

  it('refuses a bad token on public routes too', async () => {
    expect((await test.call({ path: '/places', token: 'nonsense' })).statusCode).toBe(401);
  });

  it('puts no personal data into a token', () => {
    expect(Object.keys(claims).sort()).toEqual([
      'aud',
      'exp',
      'iat',
      'iss',
      'jti',
      'nbf',
      'sid',
      'sub',
    ]);
  });
});

describe('lifetime', () => {
  it('is fifteen minutes by the clock that is given, also for a token that was verified before', async () => {
    const tokens = await loadTokens(configOf({}));
    const token = tokens.signAccess({ user_id: 'u', session_id: 's', now: NOW });
    const lastMoment = plusMs(NOW, ACCESS_LIFETIME_MS - 1);
    expect(tokens.verifyAccess(token, lastMoment)).toEqual({ user_id: 'u', session_id: 's' });
    expect(ACCESS_LIFETIME_MS).toBe(15 * MINUTE_MS);
    expect(kindOf(() => tokens.verifyAccess(token, plusMs(NOW, ACCESS_LIFETIME_MS)))).toBe(
      TOKEN_EXPIRED,
    );
    expect(kindOf(() => tokens.verifyAccess(token, plusMs(NOW, -1)))).toBe(UNAUTHENTICATED);
    expect(tokens.verifyAccess(token, NOW).user_id).toBe('u');
  });

  function kindOf(verify: () => unknown) {
    try {
      return verify();
    } catch (error) {
      return isProblem(error) ? error.kind : error;
    }
  }
});

describe('keys', () => {
  it('rotate: the first signs, all verify, a removed one does not', async () => {
    const [before, during, after] = [
      await loadTokens(configOf({ JWT_PRIVATE_KEYS: OURS })),
      await loadTokens(configOf({ JWT_PRIVATE_KEYS: `${STRANGERS},${OURS}` })),
      await loadTokens(configOf({ JWT_PRIVATE_KEYS: STRANGERS })),
    ];
    const old = before.signAccess({ user_id: 'u', session_id: 's', now: NOW });
    const fresh = during.signAccess({ user_id: 'u', session_id: 's', now: NOW });
    expect(during.verifyAccess(old, NOW).user_id).toBe('u');
    expect(after.verifyAccess(fresh, NOW).user_id).toBe('u');
    expect(() => after.verifyAccess(old, NOW)).toThrow();
    expect(during.jwks.keys).toHaveLength(2);
  });

  it('are published without their private half', async () => {
    const tokens = await loadTokens(configOf({ JWT_PRIVATE_KEYS: OURS }));
    expect(tokens.jwks.keys).toEqual([
      {
        kty: 'OKP',
        crv: 'Ed25519',
        use: 'sig',
        alg: 'EdDSA',
        kid: expect.any(String),
        x: expect.any(String),
      },
    ]);
  });

  it('that are not Ed25519 stop the start, without being quoted', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
      .privateKey.export({ type: 'pkcs8', format: 'der' })
      .toString('base64');
    for (const wrong of [rsa, 'nonsense', `${OURS},`]) {
      const start = () => configOf({ JWT_PRIVATE_KEYS: wrong });
      expect(start).toThrow(ConfigError);
      expect(start).not.toThrow(wrong.slice(0, 40));
    }
  });

  it('are derived from the secret: the same for a purpose, another for each', async () => {
    const env = { JWT_PRIVATE_KEYS: OURS, APP_SECRET: 'a secret of more than 32 characters' };
    const [one, same, other] = await Promise.all([
      loadTokens(configOf(env)),
      loadTokens(configOf(env)),
      loadTokens(configOf({ ...env, APP_SECRET: 'another secret of 32 characters!' })),
    ]);
    expect(one.deriveKeys('second-factor')).toEqual(same.deriveKeys('second-factor'));
    expect(one.deriveKeys('second-factor')).not.toEqual(
      configuredKeys(configOf(env), 'one-time-code'),
    );
    expect(one.deriveKeys('second-factor')).not.toEqual(other.deriveKeys('second-factor'));
    expect(one.cursorSecrets).toEqual(same.cursorSecrets);
    expect(one.cursorSecrets).not.toEqual(other.cursorSecrets);
  });

  it('are derived from every secret, in their order', async () => {
    const [first, second] = ['a secret of more than 32 characters', 'b'.repeat(32)];
    const of = async (APP_SECRET: string) =>
      (await loadTokens(configOf({ JWT_PRIVATE_KEYS: OURS, APP_SECRET }))).cursorSecrets;
    expect(await of(`${first},${second}`)).toEqual([...(await of(first)), ...(await of(second))]);
  });
});

describe('in development', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'freshbytes-keys-'));
  });
  afterAll(() => rm(dataDir, { recursive: true }));

  it('keys are made once, whoever starts first, and only their owner can read them', async () => {
    const config = loadConfig({ DATA_DIR: join(dataDir, 'data') }, '0');
    const starts = await Promise.all([1, 2, 3, 4].map(() => loadTokens(config)));
    const token = starts[0]?.signAccess({ user_id: 'u', session_id: 's', now: NOW }) ?? '';
    for (const tokens of [...starts, await loadTokens(config)]) {
      expect(tokens.verifyAccess(token, NOW)).toEqual({ user_id: 'u', session_id: 's' });
      expect(tokens.cursorSecrets).toEqual(starts[0]?.cursorSecrets);
    }
    expect(await readdir(config.DATA_DIR)).toEqual(['keys.json']);
    expect((await stat(join(config.DATA_DIR, 'keys.json'))).mode & 0o777).toBe(0o600);
  });

  it('a file that cannot be read stops the start instead of being replaced', async () => {
    const config = loadConfig({ DATA_DIR: dataDir }, '0');
    await writeFile(join(dataDir, 'keys.json'), '{"app_secret":');
    await expect(loadTokens(config)).rejects.toThrow(ConfigError);
    expect(await readFile(join(dataDir, 'keys.json'), 'utf8')).toBe('{"app_secret":');
  });

  it('a file with another key than Ed25519 stops the start too, without quoting it', async () => {
    const config = loadConfig({ DATA_DIR: dataDir }, '0');
    const stored = { app_secret: 'x'.repeat(32), private_key: 'hunter2' };
    await writeFile(join(dataDir, 'keys.json'), JSON.stringify(stored));
    await expect(loadTokens(config)).rejects.toThrow(/^The signing key in keys.json is no Ed25519/);
  });

  it('is not production, where nothing is made up', async () => {
    const config = {
      ...loadConfig({ DATA_DIR: dataDir }, '0'),
      isProduction: true,
      isDevelopment: false,
    };
    await expect(loadTokens(config)).rejects.toThrow(ConfigError);
  });
});

it('signs whole seconds', async () => {
  const tokens = await loadTokens(configOf({}));
  const [, payload = ''] = tokens
    .signAccess({ user_id: 'u', session_id: 's', now: plusMs(NOW, 999) })
    .split('.');
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
    iat: SECONDS,
    nbf: SECONDS,
    exp: SECONDS + 900,
  });
});
