import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { createTestRedis, hasRedis, type TestRedis } from '../../test/support/servers/redis.ts';
import { createBreaker } from '../lib/flow/breaker.ts';
import { systemClock } from '../lib/time.ts';
import { createLog } from '../telemetry/log.ts';
import { ask, createSource, createTestCache, type TestCache } from './cache.testkit.ts';
import { FRESH_MS } from './cache.ts';
import { connectRedis } from './redis.ts';
import { createSharedStore, type SharedStore } from './shared-store.ts';

/** After which a command is given up. */
const COMMAND_TIMEOUT_MS = 50;
/** Short, because a process that has just connected avoids Redis at first. */
const AVOID_MS = 700;
const log = createLog({ level: 'silent', pretty: false, version: '0.0.0-test' });

describe.skipIf(!hasRedis)('with Redis', () => {
  let database: TestDatabase;
  let server: TestRedis;
  const opened: { close(): Promise<void> }[] = [];
  let source: ReturnType<typeof createSource>;

  beforeAll(async () => {
    [database, server] = await Promise.all([createTestDatabase(), createTestRedis()]);
  });
  afterAll(async () => {
    await server.close();
    await database.drop();
  });
  beforeEach(() => {
    source = createSource();
  });
  afterEach(async () => {
    server.restore();
    for (const each of opened.splice(0)) await each.close();
    const admin = new Redis(server.url);
    await admin.flushall();
    admin.disconnect();
  });

  /** A process with its own connection to Redis. */
  async function openProcess(): Promise<TestCache & { redis: Redis; store: SharedStore }> {
    const redis = connectRedis(server.url, log);
    opened.push({ close: async () => redis.disconnect() });
    await vi.waitFor(() => expect(redis.status).toBe('ready'));
    const breaker = createBreaker({ failures: 3, cooldown_ms: 300, clock: systemClock });
    const store = createSharedStore({ redis, breaker, life_ms: FRESH_MS, avoid_ms: AVOID_MS });
    const test = await createTestCache(database, store);
    opened.push(test);
    return { ...test, redis, store };
  }

  /** What is kept is written in the background. */
  async function isKept({ redis }: { redis: Redis }, key = 'list'): Promise<void> {
    await vi.waitFor(async () => expect(await redis.exists(`cache:answer:${key}`)).toBe(1));
  }

  /** A process that has begun to use what the others keep. */
  async function trusting(): Promise<TestCache & { redis: Redis; store: SharedStore }> {
    const test = await openProcess();
    await vi.waitFor(
      async () => expect(await test.store.find('any', ['any'])).toHaveProperty('save'),
      { timeout: 5_000 },
    );
    return test;
  }

  it('what one process made, the next one finds', async () => {
    const [one, two] = [await trusting(), await trusting()];
    await ask(one.cache, source);
    await isKept(one);
    expect(await ask(two.cache, source)).toBe('first');
    expect(source.loads()).toBe(1);
    expect(two.results).toEqual(['shared']);
  });

  it('what one process invalidated, none finds, from that moment on', async () => {
    const [one, two, three] = [await trusting(), await trusting(), await trusting()];
    await ask(one.cache, source);
    await isKept(one);
    source.change('second');
    two.cache.invalidate(['products']);
    expect(await ask(two.cache, source)).toBe('second');
    expect(await ask(three.cache, source)).toBe('second');
  });

  it('an answer whose reading began before an invalidation is not believed by anyone', async () => {
    const [one, two] = [await trusting(), await trusting()];
    const release = source.hold();
    const before = ask(one.cache, source);
    await vi.waitFor(() => expect(source.loads()).toBe(1));
    source.change('second');
    two.cache.invalidate(['products']);
    release();
    expect(await before).toBe('first');
    await isKept(one);
    const late = await trusting();
    expect(await ask(late.cache, source)).toBe('second');
  });

  it('an answer of no tags is found too', async () => {
    const [one, two] = [await trusting(), await trusting()];
    await ask(one.cache, source, { key: 'places', tags: [] });
    await isKept(one, 'places');
    await ask(two.cache, source, { key: 'places', tags: [] });
    expect(two.results).toEqual(['shared']);
  });

  it('keeps every byte and header', async () => {
    const [one, two] = [await trusting(), await trusting()];
    const body = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const answer = { headers: { link: '<x>; rel="next"' }, body, version: 7 };
    const request = { key: 'bytes', tags: ['products'], load: async () => answer };
    await one.cache.get(request);
    await isKept(one, 'bytes');
    expect(await two.cache.get(request)).toEqual(answer);
    expect(two.results).toEqual(['shared']);
  });

  describe('when Redis', () => {
    it('forgets everything, nothing untrue is found', async () => {
      const [one, two] = [await trusting(), await trusting()];
      await ask(one.cache, source);
      await isKept(one);
      await one.redis.flushall();
      source.change('second');
      expect(await ask(two.cache, source)).toBe('second');
    });

    it('forgets the stamp of a tag, answers that carry it are not believed', async () => {
      const [one, two] = [await trusting(), await trusting()];
      await ask(one.cache, source);
      await isKept(one);
      await one.redis.del('cache:tag:products');
      expect(await ask(two.cache, source)).toBe('first');
      expect(two.results).toEqual(['miss']);
    });

    it('hangs, a request waits for it at most once, and then it is bypassed', async () => {
      const test = await trusting();
      server.swallow();
      const times: number[] = [];
      for (let i = 0; i < 6; i += 1) {
        const started_ms = performance.now();
        await ask(test.cache, source, { key: `key ${i}` });
        times.push(performance.now() - started_ms);
      }
      expect(Math.max(...times)).toBeLessThan(2 * COMMAND_TIMEOUT_MS);
      // Three failures have opened the breaker.
      expect(Math.max(...times.slice(3))).toBeLessThan(COMMAND_TIMEOUT_MS);
    });

    it('is gone, answers come as before and memory keeps them', async () => {
      const test = await trusting();
      server.cut();
      expect(await ask(test.cache, source)).toBe('first');
      source.change('second');
      expect(await ask(test.cache, source)).toBe('first');
      test.cache.invalidate(['products']);
      expect(await ask(test.cache, source)).toBe('second');
    });

    it('missed an invalidation, it is not trusted until what it keeps has expired', async () => {
      const [one, two] = [await trusting(), await trusting()];
      await ask(one.cache, source);
      await isKept(one);
      source.change('second');
      // Only this process has lost Redis.
      two.redis.disconnect();
      two.cache.invalidate(['products']);
      expect(await ask(two.cache, source)).toBe('second');
      await vi.waitFor(async () => expect(await ask(one.cache, source)).toBe('second'));
      expect(await one.store.find('list', ['products'])).toBeUndefined();
    });

    it('refuses to write, it is not trusted either', async () => {
      const test = await trusting();
      await ask(test.cache, source);
      await isKept(test);
      await test.redis.config('SET', 'maxmemory', '1');
      source.change('second');
      test.cache.invalidate(['products']);
      await test.redis.config('SET', 'maxmemory', '0');
      expect(await test.store.find('list', ['products'])).toBeUndefined();
      expect(await ask(test.cache, source)).toBe('second');
    });
  });
});
