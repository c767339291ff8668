import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestRedis, hasRedis, type TestRedis } from '../../test/redis.ts';
import { connectRedis } from '../cache/redis.ts';
import { loadConfig } from '../config.ts';
import { newId } from '../lib/ids.ts';
import { isProblem, RATE_LIMITED } from '../lib/problem.ts';
import { createLog } from '../telemetry/log.ts';
import { createRateLimits } from './rate-limit.ts';

const LIMIT = 3;
/** A busy test machine is no reason to fall back to memory. */
const PATIENT_MS = 5_000;
const config = loadConfig({ NODE_ENV: 'test', RATE_LIMIT_ANONYMOUS: `${LIMIT}/hour` }, 'test');
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
    server.mend();
    address = newId();
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.disconnect();
  });
  afterAll(() => server.close());

  /** A process of its own, as far as Redis can tell. `spend` takes `count` requests and says how many passed. */
  async function openProcess(commandTimeout_ms?: number) {
    const redis = connectRedis(server.url, log, commandTimeout_ms);
    clients.push(redis);
    await vi.waitFor(() => expect(redis.status).toBe('ready'));
    const limits = createRateLimits(config, redis, () => {});
    const spend = async (count: number): Promise<number> => {
      const taken = Array.from({ length: count }, () => limits.take([['anonymous', address]]));
      const outcomes = await Promise.allSettled(taken);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          expect(isProblem(outcome.reason, RATE_LIMITED)).toBe(true);
      }
      return outcomes.filter((outcome) => outcome.status === 'fulfilled').length;
    };
    return { redis, limits, spend };
  }

  it('are one quota over all processes', async () => {
    const [first, second] = [await openProcess(PATIENT_MS), await openProcess(PATIENT_MS)];
    expect(await first.spend(2)).toBe(2);
    expect(await second.limits.take([['anonymous', address]])).toMatchObject({ remaining: 0 });
    expect(await second.spend(2)).toBe(0);
    expect(await first.spend(2)).toBe(0);
  });

  it('hold against requests of all processes at once', async () => {
    const open = () => openProcess(PATIENT_MS);
    const processes = await Promise.all([open(), open(), open()]);
    const passed = await Promise.all(processes.map((process) => process.spend(10)));
    expect(passed.reduce((a, b) => a + b)).toBe(LIMIT);
  });

  it('go on from memory when it dies half-way, and from where they were once it is back', async () => {
    const { redis, spend } = await openProcess();
    expect(await spend(2)).toBe(2);
    server.cut();
    await vi.waitFor(() => expect(redis.status).not.toBe('ready'));
    expect(await spend(10)).toBe(LIMIT);
    server.mend();
    await vi.waitFor(() => expect(redis.status).toBe('ready'), { timeout: 5_000 });
    expect(await spend(10)).toBe(1);
  });

  it('refuse nobody and hang nobody when it dies in the middle of a request', async () => {
    const { limits } = await openProcess();
    const taken = Array.from({ length: 20 }, () => limits.take([['anonymous', newId()]]));
    server.cut();
    expect((await Promise.all(taken)).map((state) => state?.remaining)).toEqual(
      Array(20).fill(LIMIT - 1),
    );
  });

  it('wait no longer than a moment when it stops answering', async () => {
    const { spend } = await openProcess();
    server.swallow();
    const started = performance.now();
    expect(await spend(10)).toBe(LIMIT);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
