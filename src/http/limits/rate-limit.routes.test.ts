import { describe, expect, it } from 'vitest';
import type { Probe } from '../../../test/support/probe.ts';
import { DAY_MS } from '../../lib/time.ts';
import { openLimited as open, statuses } from './rate-limit.testkit.ts';

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

  it('states the rule for the account and the one for the address', async () => {
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

  it('from where it succeeded before is not bounded per address: a neighbour who tries many accounts locks no one out', async () => {
    const probe = await open({
      RATE_LIMIT_LOGIN: '3/minute',
      RATE_LIMIT_LOGIN_ADDRESS: '4/minute',
    });
    await logIn(probe, 'maria@example.com');
    await logIn(probe, 'wrong.jose@example.com');
    for (let i = 0; i < 6; i += 1) await logIn(probe, `wrong${i}@example.com`);
    expect((await logIn(probe, 'maria@example.com')).statusCode).toBe(204);
    expect((await logIn(probe, 'wrong.jose@example.com')).statusCode).toBe(429);
    expect((await logIn(probe, 'ana@example.com')).statusCode).toBe(429);
    expect((await logIn(probe, 'maria@example.com')).statusCode).toBe(204);
    const fourth = await logIn(probe, 'maria@example.com');
    expect([fourth.statusCode, fourth.json().rate_limit.rule]).toEqual([429, 'login']);
    probe.clock.advance(31 * DAY_MS);
    for (let i = 0; i < 6; i += 1) await logIn(probe, `wrong${i}@example.com`);
    expect((await logIn(probe, 'maria@example.com')).statusCode).toBe(429);
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
