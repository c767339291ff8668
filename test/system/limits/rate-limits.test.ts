// Rate limits over real connections: one quota in two processes, with a Redis that works, hangs, dies and comes back.
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findFreePort } from '../../../scripts/free-port.ts';
import { createProcessBench, type ProcessBench } from '../../support/processes/processes.ts';
import { createTestRedis, hasRedis, type TestRedis } from '../../support/servers/redis.ts';

const LIMIT = 10;
/** Requests that a busy machine may answer too late for Redis' 50 ms: they are counted in one process alone. */
const SLACK = 5;
const TEST_TIMEOUT_MS = 120_000;
const RATES = {
  // In development they would refuse nobody on this machine.
  NODE_ENV: 'test',
  RATE_LIMITS: 'on',
  RATE_LIMIT_ANONYMOUS: `${LIMIT}/hour`,
};
/** Refused by the quota or by the router, without a database. */
const PATH = '/api/v1/nowhere';

let bench: ProcessBench;
let redis: TestRedis;
let urls: readonly string[];
/** Whose quota a test spends: every address of 127.0.0.0/8 is this machine. */
let address = '';
let lastByte = 1;

describe.skipIf(!hasRedis)('the quota of one address', { timeout: TEST_TIMEOUT_MS }, () => {
  beforeAll(async () => {
    [bench, redis] = await Promise.all([createProcessBench(), createTestRedis()]);
    const start = async () => {
      const env = {
        ...RATES,
        REDIS_URL: redis.url,
        WORKER: 'off',
        PORT: String(await findFreePort()),
      };
      return (await bench.start(env)).url;
    };
    urls = [await start(), await start()];
  }, TEST_TIMEOUT_MS);
  afterAll(async () => {
    await bench.close();
    await redis.close();
  });
  beforeEach(async () => {
    lastByte += 1;
    address = `127.0.0.${lastByte}`;
    redis.restore();
    await vi.waitUntil(isShared, { timeout: 20_000, interval: 500 });
  });

  /** Status of a request from `address` to one of the processes. */
  function ask(process: 0 | 1, headers: Record<string, string> = {}, from = address) {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; left: number }>();
    const options = { headers, localAddress: from, agent: false } as const;
    request(`${urls[process]}${PATH}`, options, (answer) => {
      answer.resume();
      const left = Number(/"anonymous";r=(\d+)/.exec(String(answer.headers['ratelimit']))?.[1]);
      resolve({ status: answer.statusCode ?? 0, left });
    })
      .on('error', reject)
      .end();
    return promise;
  }

  /** Whether a request to one process is seen by the other; from an address that no test uses. */
  async function isShared(): Promise<boolean> {
    lastByte += 1;
    const stranger = `127.0.1.${lastByte}`;
    await ask(0, {}, stranger);
    return (await ask(1, {}, stranger)).left === LIMIT - 2;
  }

  /** How many of `count` requests, to each process in turn, are within the quota. */
  async function passed(
    count: number,
    headers: (i: number) => Record<string, string> = () => ({}),
  ) {
    let within = 0;
    for (let i = 0; i < count; i += 1) {
      const { status } = await ask(i % 2 === 0 ? 0 : 1, headers(i));
      expect([404, 429]).toContain(status);
      if (status === 404) within += 1;
    }
    return within;
  }

  it('is one over all processes, whatever X-Forwarded-For says', async () => {
    const spoofed = (i: number) => ({
      'x-forwarded-for': `198.51.100.${i}`,
      forwarded: `for=198.51.100.${i}`,
      'x-real-ip': `198.51.100.${i}`,
    });
    const count = await passed(2 * LIMIT, spoofed);
    expect(count).toBeGreaterThanOrEqual(LIMIT);
    // Two quotas would let all of them pass.
    expect(count).toBeLessThan(2 * LIMIT - SLACK);
  });

  it('holds in each process when Redis is killed in the middle, and is one again when it is back', async () => {
    expect(await passed(LIMIT)).toBe(LIMIT);
    redis.cut();
    // Each of the two begins to count anew, and neither stops to.
    const count = await passed(4 * LIMIT);
    expect(count).toBeLessThanOrEqual(2 * LIMIT);
    expect(count).toBeGreaterThan(2 * LIMIT - SLACK);
    redis.restore();
    await vi.waitUntil(isShared, { timeout: 20_000, interval: 500 });
    expect(await passed(2)).toBe(0);
  });

  it('costs no time when Redis hangs', async () => {
    expect(await passed(LIMIT)).toBe(LIMIT);
    redis.swallow();
    const started = performance.now();
    expect(await passed(6 * LIMIT)).toBeLessThanOrEqual(2 * LIMIT);
    // Sixty waits of 50 ms would be three seconds; each process may wait once per cooldown.
    expect(performance.now() - started).toBeLessThan(2_000);
    redis.restore();
    await vi.waitUntil(isShared, { timeout: 20_000, interval: 500 });
    expect(await passed(2)).toBe(0);
  });
});
