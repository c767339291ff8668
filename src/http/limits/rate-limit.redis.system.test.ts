import type { Redis } from 'ioredis';
import { Type } from 'typebox';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { movableClock, type TestClock } from '../../../test/support/clock.ts';
import { createProbe } from '../../../test/support/probe.ts';
import { createTestRedis, hasRedis, type TestRedis } from '../../../test/support/servers/redis.ts';
import { connectRedis, redisBreaker } from '../../cache/redis.ts';
import { loadConfig } from '../../config.ts';
import { newId } from '../../lib/ids.ts';
import { isProblem, RATE_LIMITED } from '../../lib/problem.ts';
import { createLog } from '../../telemetry/log.ts';
import { ANYONE } from '../access.ts';
import { route } from '../route.ts';
import { createRateLimits } from './rate-limit.ts';

const LIMIT = 3;
/** A busy test machine is no reason to fall back to memory. */
const PATIENT_MS = 5_000;
/** What a Redis that hangs may cost a request, and what this machine may add to it. */
const COMMAND_TIMEOUT_MS = 50;
const SLACK_MS = 150;
/** Longer than the breaker stays open. */
const COOLDOWN_MS = 3_000;
const RATES = { NODE_ENV: 'test', RATE_LIMIT_ANONYMOUS: `${LIMIT}/hour` };
const log = createLog({ level: 'silent', pretty: false, version: 'test' });

describe.skipIf(!hasRedis)('limits in Redis', () => {
  const clients: Redis[] = [];
  let server: TestRedis;
  /** Whose quota a test spends. */
  let address: string;

  beforeAll(async () => {
    server = await createTestRedis();
  });
  beforeEach(() => {
    server.restore();
    address = newId();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
  });
  afterAll(() => server.close());

  /** A process of its own, as far as Redis can tell. `spend` takes `count` requests and says how many passed. */
  async function openProcess(commandTimeout_ms?: number, rates: Record<string, string> = {}) {
    const redis = connectRedis(server.url, log, commandTimeout_ms);
    clients.push(redis);
    await vi.waitFor(() => expect(redis.status).toBe('ready'));
    const clock: TestClock = movableClock();
    const breaker = redisBreaker(clock);
    const config = loadConfig({ ...RATES, ...rates }, 'test');
    const limits = createRateLimits({ config, clock, log, shared: { redis, breaker } });
    const spend = async (count: number): Promise<number> => {
      const taken = Array.from({ length: count }, async () => limits.take({ address }));
      const outcomes = await Promise.allSettled(taken);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          expect(isProblem(outcome.reason, RATE_LIMITED)).toBe(true);
      }
      return outcomes.filter((outcome) => outcome.status === 'fulfilled').length;
    };
    const leftFor = async (address: string) =>
      Number(/"anonymous";r=(\d+)/.exec((await limits.take({ address }))?.limit ?? '')?.[1]);
    return { redis, clock, breaker, limits, spend, leftFor };
  }

  it('are one quota over all processes', async () => {
    const [first, second] = [await openProcess(PATIENT_MS), await openProcess(PATIENT_MS)];
    expect(await first.spend(2)).toBe(2);
    expect(await second.leftFor(address)).toBe(0);
    expect(await second.spend(2)).toBe(0);
    expect(await first.spend(2)).toBe(0);
  });

  it('hold against requests of all processes at once', async () => {
    const open = () => openProcess(PATIENT_MS);
    const processes = await Promise.all([open(), open(), open()]);
    const passed = await Promise.all(processes.map((process) => process.spend(10)));
    expect(passed.reduce((a, b) => a + b)).toBe(LIMIT);
  });

  it('cost one command a request, and leave nothing behind that does not expire', async () => {
    const { redis, spend } = await openProcess(PATIENT_MS);
    // The first request of a connection brings the script along.
    await spend(1);
    const commands: string[][] = [];
    const monitor = await redis.monitor();
    monitor.on('monitor', (_time: string, args: string[], source: string) => {
      if (source !== 'lua') commands.push(args);
    });
    await spend(1);
    await redis.ping();
    await vi.waitFor(() => expect(commands.at(-1)?.[0]).toBe('ping'));
    monitor.disconnect();
    const [counted, ...others] = commands.slice(0, -1);
    expect([counted?.[0], counted?.[2], others]).toEqual(['evalsha', '1', []]);
    expect(counted?.[3]).toBe(`rate:anonymous:${address}`);
    expect(await redis.pttl(counted?.[3] ?? '')).toBeGreaterThan(3_500_000);
  });

  it('take a request that one rule refuses from no other', async () => {
    const { redis, limits } = await openProcess(PATIENT_MS, {
      RATE_LIMIT_BURST: '1/minute',
      RATE_LIMIT_LOGIN_ADDRESS: '1/minute',
    });
    const user_id = newId();
    const take = async () => limits.take({ address, user_id });
    const outcomes = await Promise.allSettled([take(), take(), take()]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(await redis.mget(`rate:user:${user_id}`, `rate:burst:${user_id}`)).toEqual(['1', '3']);
    const elsewhere = newId();
    const logIn = async () => limits.take({ address: elsewhere, limit: 'login', subject: newId() });
    await Promise.allSettled([logIn(), logIn(), logIn()]);
    expect(await redis.keys(`rate:login:*:${elsewhere}`)).toHaveLength(1);
  });

  it('know in every process, and without naming either, which account succeeded from an address', async () => {
    const rates = { RATE_LIMIT_LOGIN_ADDRESS: '1/minute' };
    const [here, there] = [
      await openProcess(PATIENT_MS, rates),
      await openProcess(PATIENT_MS, rates),
    ];
    const of = (subject: string) => ({ address, limit: 'login', subject }) as const;
    await here.limits.succeed(of('maria'));
    await here.limits.take(of('jose'));
    await expect(there.limits.take(of('jose'))).rejects.toThrow('"login_address"');
    await expect(there.limits.take(of('maria'))).resolves.toBeDefined();
    const [key = '', ...others] = await here.redis.keys('known:login:*');
    expect([key, others]).toEqual([expect.stringMatching(/^known:login:[\w-]{22}$/), []]);
    expect(await here.redis.pttl(key)).toBeGreaterThan(29 * 86_400_000);
  });

  it('hold no e-mail address: an account is its hash', async () => {
    const { redis } = await openProcess(PATIENT_MS);
    const user_email = `maria-${address}@example.com`;
    const logIn = route({
      method: 'POST',
      path: '/login',
      access: ANYONE,
      operationId: 'probe',
      tag: 'Probe',
      summary: 'Probe',
      body: Type.Object({ user_email: Type.String() }, { additionalProperties: false }),
      status: 204,
      limit: 'login',
      limitSubject: ({ body }) => (body as { user_email: string }).user_email,
      handle: async () => undefined,
    });
    const probe = await createProbe({ routes: [logIn], redis, env: { RATE_LIMITS: 'on' } });
    const answer = await probe.call({ method: 'POST', path: '/login', body: { user_email } });
    await probe.close();
    expect(answer.statusCode).toBe(204);
    const keys = await redis.keys('rate:*');
    expect(keys.filter((key) => /^rate:login:[\w-]+:127\.0\.0\.1$/.test(key))).toHaveLength(1);
    expect(keys.join()).not.toContain('maria');
  });

  it('go on from memory when it dies half-way, and from where they were once it is back', async () => {
    const { redis, clock, spend } = await openProcess();
    expect(await spend(2)).toBe(2);
    server.cut();
    await vi.waitFor(() => expect(redis.status).not.toBe('ready'));
    expect(await spend(10)).toBe(LIMIT);
    server.restore();
    await vi.waitFor(() => expect(redis.status).toBe('ready'), { timeout: 5_000 });
    clock.advance(COOLDOWN_MS);
    expect(await spend(10)).toBe(1);
  });

  it('refuse no request and delay none when it dies in the middle of one', async () => {
    const { leftFor } = await openProcess();
    const left = Array.from({ length: 20 }, () => leftFor(newId()));
    server.cut();
    expect(await Promise.all(left)).toEqual(Array(20).fill(LIMIT - 1));
  });

  it('wait a moment once when it stops answering, and then not at all for a while', async () => {
    const { breaker, leftFor } = await openProcess();
    server.swallow();
    const first = performance.now();
    expect(await leftFor(newId())).toBe(LIMIT - 1);
    expect(performance.now() - first).toBeLessThan(COMMAND_TIMEOUT_MS + SLACK_MS);
    expect(breaker.isOpen()).toBe(true);
    const then = performance.now();
    for (let i = 0; i < 100; i += 1) expect(await leftFor(newId())).toBe(LIMIT - 1);
    // A hundred waits would be ten times as long.
    expect(performance.now() - then).toBeLessThan(10 * COMMAND_TIMEOUT_MS);
  });

  it('find back by themselves to a Redis that hung, even where its connection stays dead', async () => {
    const { redis, clock, spend } = await openProcess();
    expect(await spend(2)).toBe(2);
    server.swallow();
    await spend(1);
    server.restore();
    await vi.waitFor(() => expect(redis.status).not.toBe('ready'), { timeout: 5_000 });
    await vi.waitFor(() => expect(redis.status).toBe('ready'), { timeout: 5_000 });
    clock.advance(COOLDOWN_MS);
    // The trial: what was counted in memory meanwhile is not counted here.
    expect(await spend(1)).toBe(1);
    expect(await spend(10)).toBe(0);
    expect(await redis.get(`rate:anonymous:${address}`)).toBe('13');
  });
});
