import { describe, expect, it } from 'vitest';
import { openLimited as open, statuses } from './rate-limit.testkit.ts';

describe('a quota', () => {
  it('is stated on every answer, with every other that applies', async () => {
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

  it('that refuses names the rule, how much it allows, when it ends and what sets it', async () => {
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

  it('is never an address that X-Forwarded-For invents', async () => {
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

  it('quotas are stated on this machine, and refuse no request', async () => {
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
