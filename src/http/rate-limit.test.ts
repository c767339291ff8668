import { Type } from 'typebox';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createProbe,
  type Probe,
  type ProbeCall,
  type ProbeOptions,
  userActor,
} from '../../test/probe.ts';
import { ANYONE } from './access.ts';
import { route } from './route.ts';

const handle = async () => undefined;
const facts = { access: ANYONE, tag: 'Probe', summary: 'Probe', status: 204, handle } as const;
const credentials = Type.Object({ user_email: Type.String() }, { additionalProperties: false });
const query = Type.Object({ search: Type.Optional(Type.String()) });
const routes = [
  route({ ...facts, method: 'GET', path: '/things' }),
  route({
    ...facts,
    method: 'POST',
    path: '/login',
    body: credentials,
    limit: 'login',
    limitSubject: ({ body }) => (body as { user_email?: string }).user_email?.toLowerCase(),
  }),
  route({
    ...facts,
    method: 'POST',
    path: '/refresh/:session',
    params: Type.Object({ session: Type.String() }),
    limit: 'refresh',
    limitSubject: ({ params }) => sessionIn(params),
  }),
  route({ ...facts, method: 'POST', path: '/register', limit: 'register' }),
  route({ ...facts, method: 'POST', path: '/codes', limit: 'code' }),
  route({ ...facts, method: 'POST', path: '/uploads', limit: 'upload' }),
  route({ ...facts, method: 'GET', path: '/search', limit: 'search', query }),
];

function sessionIn(params: unknown): string | undefined {
  const { session } = params as { session: string };
  return session.startsWith('invented') ? undefined : session;
}

const CALLERS = { maria: userActor(), jose: userActor() };

/** Rates that only what a test is about can reach. */
const WIDE = {
  RATE_LIMITS: 'on',
  RATE_LIMIT_ANONYMOUS: '1000/hour',
  RATE_LIMIT_USER: '1000/hour',
  RATE_LIMIT_BURST: '1000/minute',
  RATE_LIMIT_LOGIN: '250/minute',
  RATE_LIMIT_LOGIN_ADDRESS: '1000/minute',
  RATE_LIMIT_REFRESH: '1000/minute',
  RATE_LIMIT_REGISTER: '1000/minute',
  RATE_LIMIT_CODE: '1000/hour',
  RATE_LIMIT_CODE_ADDRESS: '1000/hour',
  RATE_LIMIT_SEARCH: '1000/minute',
  RATE_LIMIT_SEARCH_ADDRESS: '1000/minute',
  RATE_LIMIT_UPLOAD: '1000/minute',
};
const opened: Probe[] = [];

async function open(rates: Readonly<Record<string, string>>) {
  const refused: string[] = [];
  const onRateLimited = (rule: string) => refused.push(rule);
  const configure: ProbeOptions['configure'] = (app) => {
    app.get('/exempt', { config: { isExempt: true } }, async () => 'ok');
  };
  const env = { ...WIDE, ...rates };
  const probe = await createProbe({ routes, callers: CALLERS, configure, onRateLimited, env });
  opened.push(probe);
  return { ...probe, refused };
}

afterEach(async () => {
  for (const probe of opened.splice(0)) await probe.close();
});

/** Statuses of `count` requests, one after the other. */
async function statuses(probe: Probe, count: number, call: ProbeCall): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i += 1) found.push((await probe.call(call)).statusCode);
  return found;
}

describe('a quota', () => {
  it('is told on every answer, with every other that holds', async () => {
    const probe = await open({ RATE_LIMIT_USER: '3/hour' });
    const token = 'maria';
    const first = await probe.call({ path: '/things', token });
    expect(first.headers).toMatchObject({
      ratelimit: '"user";r=2;t=3600, "burst";r=999;t=60',
      'ratelimit-policy': '"user";q=3;w=3600, "burst";q=1000;w=60',
    });
    const invalid = await probe.call({ path: '/things?x=1', token });
    expect([invalid.statusCode, invalid.headers['ratelimit']]).toEqual([
      400,
      expect.stringMatching(/^"user";r=1;t=\d+, "burst";r=998;t=\d+$/),
    ]);
    const notFound = await probe.call({ path: '/nowhere', token });
    expect([notFound.statusCode, notFound.headers['ratelimit']]).toEqual([
      404,
      expect.stringMatching(/^"anonymous";r=999;t=\d+$/),
    ]);
  });

  it('once spent refuses with 429, the time to wait and nothing done', async () => {
    const probe = await open({ RATE_LIMIT_ANONYMOUS: '2/hour' });
    expect(await statuses(probe, 2, { path: '/things' })).toEqual([204, 204]);
    const refused = await probe.call({ path: '/things' });
    expect([refused.statusCode, refused.json().code]).toEqual([429, 'RATE_LIMITED']);
    const wait_seconds = Number(refused.headers['retry-after']);
    expect(wait_seconds).toBeGreaterThan(3_590);
    expect(wait_seconds).toBeLessThanOrEqual(3_600);
    expect(refused.headers).toMatchObject({
      ratelimit: `"anonymous";r=0;t=${wait_seconds}`,
      'ratelimit-policy': '"anonymous";q=2;w=3600',
    });
    expect(refused.json().detail).toContain(`wait ${wait_seconds} s`);
    expect(probe.refused).toEqual(['anonymous']);
  });

  it('that refuses says which rule it is, how much it allows, when it ends and what sets it', async () => {
    const probe = await open({ RATE_LIMIT_ANONYMOUS: '1/minute' });
    const started_ms = probe.clock.now().getTime();
    await probe.call({ path: '/things' });
    const { detail, rate_limit } = (await probe.call({ path: '/things' })).json();
    const { ends_at } = rate_limit;
    expect(rate_limit).toEqual({
      rule: 'anonymous',
      limit: 1,
      period_seconds: 60,
      ends_at,
      setting: 'RATE_LIMIT_ANONYMOUS',
    });
    expect(Date.parse(ends_at)).toBeGreaterThanOrEqual(started_ms + 60_000);
    expect(Date.parse(ends_at)).toBeLessThanOrEqual(started_ms + 62_000);
    expect(detail).toContain('"anonymous" allows 1 requests of one address in 60 s');
    expect(detail).toContain(ends_at);
    expect(detail).toContain('RATE_LIMIT_ANONYMOUS');
  });

  it('is whole again when its period is over', async () => {
    const probe = await open({ RATE_LIMIT_ANONYMOUS: '1/second' });
    expect(await statuses(probe, 2, { path: '/things' })).toEqual([204, 429]);
    probe.clock.advance(1_000);
    expect(await statuses(probe, 2, { path: '/things' })).toEqual([204, 429]);
  });

  it('names all that are spent, and the longest wait of them', async () => {
    const request = { path: '/things', token: 'maria' };
    const both = await open({ RATE_LIMIT_BURST: '1/minute', RATE_LIMIT_USER: '1/hour' });
    await both.call(request);
    const refused = await both.call(request);
    expect(refused.headers['ratelimit']).toMatch(/^"user";r=0;t=\d+, "burst";r=0;t=\d+$/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(60);
    const other = await open({ RATE_LIMIT_BURST: '1/hour', RATE_LIMIT_USER: '1/minute' });
    await other.call(request);
    expect(Number((await other.call(request)).headers['retry-after'])).toBeGreaterThan(60);
  });

  it('is not spent by requests that another one refuses', async () => {
    const probe = await open({ RATE_LIMIT_BURST: '1/minute' });
    const request = { path: '/things', token: 'maria' };
    expect(await statuses(probe, 5, request)).toEqual([204, 429, 429, 429, 429]);
    probe.clock.advance(60_000);
    expect((await probe.call(request)).headers['ratelimit']).toMatch(/^"user";r=998;/);
  });

  it('of burst holds for each user, on top of the other', async () => {
    const probe = await open({ RATE_LIMIT_BURST: '2/minute' });
    expect(await statuses(probe, 3, { path: '/things', token: 'maria' })).toEqual([204, 204, 429]);
    expect(await statuses(probe, 3, { path: '/things', token: 'jose' })).toEqual([204, 204, 429]);
    expect(probe.refused).toEqual(['burst', 'burst']);
  });

  it('is not spent on what is exempt', async () => {
    const probe = await open({ RATE_LIMIT_ANONYMOUS: '1/hour' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => probe.app.inject('/exempt')));
    expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200, 200, 200]);
    expect(answers[0]?.headers).not.toHaveProperty('ratelimit');
    expect(await statuses(probe, 2, { path: '/things' })).toEqual([204, 429]);
  });

  it('does not exist where limits are off', async () => {
    const probe = await open({ RATE_LIMITS: 'off', RATE_LIMIT_ANONYMOUS: '1/hour' });
    const answers = await statuses(probe, 3, { path: '/things' });
    expect(answers).toEqual([204, 204, 204]);
    expect((await probe.call({ path: '/things' })).headers).not.toHaveProperty('ratelimit');
  });
});

describe('who is counted', () => {
  it('is the user where somebody is signed in, from whatever address', async () => {
    const probe = await open({ RATE_LIMIT_USER: '2/hour' });
    const from = (remoteAddress: string, token: string) =>
      probe.call({ path: '/things', token, remoteAddress });
    expect((await from('203.0.113.1', 'maria')).headers['ratelimit']).toMatch(/^"user";r=1;/);
    expect((await from('203.0.113.2', 'maria')).statusCode).toBe(204);
    expect((await from('203.0.113.3', 'maria')).statusCode).toBe(429);
    expect((await from('203.0.113.3', 'jose')).statusCode).toBe(204);
  });

  it('is the address where nobody is, or the token is bad: guessing tokens is not free', async () => {
    const probe = await open({ RATE_LIMIT_ANONYMOUS: '3/hour' });
    const from = (remoteAddress: string, token?: string) =>
      probe.call({ path: '/things', remoteAddress, ...(token === undefined ? {} : { token }) });
    expect((await from('203.0.113.1')).statusCode).toBe(204);
    expect((await from('203.0.113.1', 'guess-1')).statusCode).toBe(401);
    expect((await from('203.0.113.1', 'guess-2')).statusCode).toBe(401);
    expect((await from('203.0.113.1', 'guess-3')).statusCode).toBe(429);
    expect((await from('203.0.113.2')).statusCode).toBe(204);
  });

  it('is nobody whom X-Forwarded-For invents', async () => {
    const probe = await open({ RATE_LIMIT_ANONYMOUS: '2/hour' });
    const spoofed = (n: number) =>
      probe.call({ path: '/things', headers: { 'x-forwarded-for': `198.51.100.${n}` } });
    expect([
      (await spoofed(1)).statusCode,
      (await spoofed(2)).statusCode,
      (await spoofed(3)).statusCode,
    ]).toEqual([204, 204, 429]);
  });

  it('is the address that a trusted proxy names, and the first untrusted one at that', async () => {
    const probe = await open({
      RATE_LIMIT_ANONYMOUS: '1/hour',
      TRUST_PROXY: '10.0.0.0/8, 127.0.0.1',
    });
    const through = (remoteAddress: string, forwardedFor: string) =>
      probe.call({ path: '/things', remoteAddress, headers: { 'x-forwarded-for': forwardedFor } });
    expect((await through('10.0.0.1', '198.51.100.1')).statusCode).toBe(204);
    expect((await through('10.0.0.2', '198.51.100.2')).statusCode).toBe(204);
    expect((await through('10.0.0.2', '198.51.100.1')).statusCode).toBe(429);
    expect((await through('10.0.0.1', '192.0.2.99, 198.51.100.2')).statusCode).toBe(429);
    expect((await through('203.0.113.5', '198.51.100.7')).statusCode).toBe(204);
    expect((await through('203.0.113.5', '198.51.100.8')).statusCode).toBe(429);
  });

  it('is a whole /64 where the address is of IPv6, for one machine may have all of it', async () => {
    const probe = await open({ RATE_LIMIT_ANONYMOUS: '1/hour' });
    const from = (remoteAddress: string) => probe.call({ path: '/things', remoteAddress });
    expect((await from('2001:db8:1:2::1')).statusCode).toBe(204);
    expect((await from('2001:db8:1:2:ffff::9')).statusCode).toBe(429);
    expect((await from('2001:db8:1:3::1')).statusCode).toBe(204);
  });
});

describe('in development', () => {
  const development = { NODE_ENV: 'development', RATE_LIMIT_ANONYMOUS: '1/hour' };

  it('quotas are told on this machine, and refuse nobody', async () => {
    const probe = await open(development);
    expect(await statuses(probe, 3, { path: '/things' })).toEqual([204, 204, 204]);
    const answer = await probe.call({ path: '/things' });
    expect(answer.headers['ratelimit']).toMatch(/^"anonymous";r=0;t=\d+$/);
    expect(answer.headers['ratelimit-policy']).toBe('"anonymous";q=1;w=3600');
    expect(probe.refused).toEqual([]);
  });

  it.each([
    ['from another machine', { remoteAddress: '203.0.113.1' }],
    ['through a proxy', { headers: { 'x-forwarded-for': '127.0.0.1' } }],
    ['by the name of another host', { headers: { host: 'attacker.example:8000' } }],
  ])('they hold for whoever comes %s', async (_how, request) => {
    const probe = await open(development);
    expect(await statuses(probe, 2, { path: '/things', ...request })).toEqual([204, 429]);
  });

  it('is no reason for production to do the same', async () => {
    const probe = await open({ RATE_LIMIT_ANONYMOUS: '1/hour' });
    expect(await statuses(probe, 2, { path: '/things' })).toEqual([204, 429]);
  });
});

describe('signing in', () => {
  const logIn = (probe: Probe, user_email: string, remoteAddress = '203.0.113.1') =>
    probe.call({ method: 'POST', path: '/login', body: { user_email }, remoteAddress });

  it('is bounded per account and address together, whatever the case of the address', async () => {
    const probe = await open({ RATE_LIMIT_LOGIN: '2/minute' });
    expect((await logIn(probe, 'maria@example.com')).statusCode).toBe(204);
    expect((await logIn(probe, 'MARIA@example.com')).statusCode).toBe(204);
    const refused = await logIn(probe, 'Maria@Example.com');
    expect([refused.statusCode, refused.headers['ratelimit']]).toEqual([
      429,
      expect.stringMatching(/^"login";r=0;t=\d+$/),
    ]);
    expect((await logIn(probe, 'jose@example.com')).statusCode).toBe(204);
    expect((await logIn(probe, 'maria@example.com', '203.0.113.2')).statusCode).toBe(204);
  });

  it('tells of the rule for the account and of the one for the address', async () => {
    const probe = await open({ RATE_LIMIT_LOGIN: '2/minute' });
    expect((await logIn(probe, 'maria@example.com')).headers).toMatchObject({
      ratelimit: '"login";r=1;t=60, "login_address";r=999;t=60',
      'ratelimit-policy': '"login";q=2;w=60, "login_address";q=1000;w=60',
    });
  });

  it('is bounded per address over all accounts', async () => {
    const probe = await open({ RATE_LIMIT_LOGIN_ADDRESS: '8/minute' });
    for (let i = 0; i < 8; i += 1)
      expect((await logIn(probe, `user${i}@example.com`)).statusCode).toBe(204);
    const refused = await logIn(probe, 'user9@example.com');
    expect([refused.statusCode, refused.headers['ratelimit']]).toEqual([
      429,
      expect.stringMatching(/^"login_address";r=0;t=\d+$/),
    ]);
    expect((await logIn(probe, 'user9@example.com', '203.0.113.2')).statusCode).toBe(204);
  });

  it('to one account over and over leaves the others of that address theirs', async () => {
    const probe = await open({
      RATE_LIMIT_LOGIN: '2/minute',
      RATE_LIMIT_LOGIN_ADDRESS: '4/minute',
    });
    for (let i = 0; i < 20; i += 1) await logIn(probe, 'maria@example.com');
    expect((await logIn(probe, 'jose@example.com')).statusCode).toBe(204);
  });

  it('with a body of the wrong form is not free', async () => {
    const probe = await open({ RATE_LIMIT_LOGIN_ADDRESS: '2/minute' });
    const nonsense = { method: 'POST', path: '/login', body: { kamatis: 1 } } as const;
    expect(await statuses(probe, 3, nonsense)).toEqual([400, 400, 429]);
  });

  it('and registering are counted apart from each other and from all else', async () => {
    const probe = await open({ RATE_LIMIT_REGISTER: '1/minute', RATE_LIMIT_ANONYMOUS: '1/hour' });
    expect(await statuses(probe, 2, { path: '/things' })).toEqual([204, 429]);
    const register = { method: 'POST', path: '/register' } as const;
    expect(await statuses(probe, 2, register)).toEqual([204, 429]);
    expect((await probe.call({ ...register, remoteAddress: '203.0.113.9' })).statusCode).toBe(204);
    expect((await logIn(probe, 'maria@example.com', '127.0.0.1')).statusCode).toBe(204);
  });
});

describe('refreshing', () => {
  const refresh = (session: string) => ({ method: 'POST', path: `/refresh/${session}` }) as const;

  it('is bounded per session, wherever it comes from', async () => {
    const probe = await open({ RATE_LIMIT_REFRESH: '2/minute' });
    expect(await statuses(probe, 3, refresh('a'))).toEqual([204, 204, 429]);
    const elsewhere = { ...refresh('a'), remoteAddress: '203.0.113.9' };
    expect((await probe.call(elsewhere)).statusCode).toBe(429);
    expect((await probe.call(refresh('b'))).statusCode).toBe(204);
  });

  it('works at an address whose quota others have spent, and inventions spend that quota alone', async () => {
    const probe = await open({ RATE_LIMIT_ANONYMOUS: '2/hour' });
    const invented = [refresh('invented-1'), refresh('invented-2'), refresh('invented-3')];
    const answers = [];
    for (const request of invented) answers.push((await probe.call(request)).statusCode);
    expect(answers).toEqual([204, 204, 429]);
    expect((await probe.call(refresh('a'))).statusCode).toBe(204);
  });
});

describe('a heavy route', () => {
  it('has a rule of its own beside the general ones', async () => {
    const probe = await open({ RATE_LIMIT_UPLOAD: '1/minute' });
    const upload = { method: 'POST', path: '/uploads', token: 'maria' } as const;
    expect(await statuses(probe, 2, upload)).toEqual([204, 429]);
    expect(await statuses(probe, 1, { ...upload, token: 'jose' })).toEqual([204]);
    expect(await statuses(probe, 1, { path: '/things', token: 'maria' })).toEqual([204]);
    expect(probe.refused).toEqual(['upload']);
  });

  it('counts codes for the address where nobody is signed in', async () => {
    const probe = await open({ RATE_LIMIT_CODE_ADDRESS: '1/hour' });
    const send = { method: 'POST', path: '/codes', remoteAddress: '203.0.113.1' } as const;
    expect(await statuses(probe, 2, send)).toEqual([204, 429]);
    expect(await statuses(probe, 1, { ...send, remoteAddress: '203.0.113.2' })).toEqual([204]);
    expect(await statuses(probe, 1, { ...send, token: 'maria' })).toEqual([204]);
  });

  it('counts only the requests that are heavy: lists with a search', async () => {
    const probe = await open({ RATE_LIMIT_SEARCH_ADDRESS: '1/minute' });
    expect(await statuses(probe, 2, { path: '/search?search=kamatis' })).toEqual([204, 429]);
    const browsing = await probe.call({ path: '/search' });
    expect([browsing.statusCode, browsing.headers['ratelimit']]).toEqual([
      204,
      expect.not.stringContaining('search'),
    ]);
  });
});
