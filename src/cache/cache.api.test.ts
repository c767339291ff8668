import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import {
  answerOf,
  ask,
  createSource,
  createTestCache,
  type TestCache,
  untilConnected,
} from './cache.testkit.ts';
import { FRESH_MS, MAX_AGE_MS, withoutCache } from './cache.ts';

let database: TestDatabase;
let test: TestCache;
let source: ReturnType<typeof createSource>;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  test = await createTestCache(database);
  source = createSource();
});
afterEach(() => test.close());

/** Another process over the same database. */
async function anotherProcess(): Promise<TestCache & AsyncDisposable> {
  const other = await createTestCache(database);
  return { ...other, [Symbol.asyncDispose]: () => other.close() };
}

describe('reading', () => {
  it('an answer is made once and then given again', async () => {
    expect([await ask(test.cache, source), await ask(test.cache, source)]).toEqual([
      'first',
      'first',
    ]);
    expect(source.loads()).toBe(1);
    expect(test.results).toEqual(['miss', 'hit']);
  });

  it('a hundred requests at once load once', async () => {
    const release = source.hold();
    const asked = Array.from({ length: 100 }, () => ask(test.cache, source));
    release();
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['first']));
    expect(source.loads()).toBe(1);
  });

  it('a refusal reaches all who wait for it and is not kept', async () => {
    const fail = { load: () => Promise.reject(new Error('no such product')) };
    const refusals = await Promise.allSettled([ask(test.cache, fail), ask(test.cache, fail)]);
    expect(refusals.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await ask(test.cache, source)).toBe('first');
  });

  it('keys do not meet', async () => {
    await ask(test.cache, source, { key: 'a' });
    source.change('second');
    expect(await ask(test.cache, source, { key: 'b' })).toBe('second');
    expect(await ask(test.cache, source, { key: 'a' })).toBe('first');
  });

  it('memory is bounded: the least recently used goes first', async () => {
    const megabytes = { load: async () => answerOf('x'.repeat(4 * 1024 * 1024)) };
    for (let i = 0; i < 12; i += 1) await ask(test.cache, megabytes, { key: `big ${i}` });
    test.results.length = 0;
    await ask(test.cache, megabytes, { key: 'big 11' });
    await ask(test.cache, megabytes, { key: 'big 0' });
    expect(test.results).toEqual(['hit', 'miss']);
  });
});

describe('age', () => {
  it('beyond FRESH_MS the kept answer is given while one request makes it anew', async () => {
    await ask(test.cache, source);
    source.change('second');
    test.clock.advance(FRESH_MS);
    const release = source.hold();
    const given = await Promise.all([ask(test.cache, source), ask(test.cache, source)]);
    expect(given).toEqual(['first', 'first']);
    release();
    await vi.waitFor(async () => expect(await ask(test.cache, source)).toBe('second'));
    expect(source.loads()).toBe(2);
  });

  it('beyond MAX_AGE_MS nothing is given any more', async () => {
    await ask(test.cache, source);
    source.change('second');
    test.clock.advance(MAX_AGE_MS);
    expect(await ask(test.cache, source)).toBe('second');
  });

  it('where making it anew fails, the kept answer serves out its time', async () => {
    await ask(test.cache, source);
    test.clock.advance(FRESH_MS);
    const fail = { load: () => Promise.reject(new Error('the database is gone')) };
    expect(await ask(test.cache, fail)).toBe('first');
    await vi.waitFor(() => expect(test.warnings).toHaveLength(1));
    expect(await ask(test.cache, fail)).toBe('first');
    test.clock.advance(MAX_AGE_MS);
    await expect(ask(test.cache, fail)).rejects.toThrow('the database is gone');
  });
});

describe('invalidation', () => {
  it('drops what carries the tag at once, and nothing else', async () => {
    await ask(test.cache, source, { key: 'list', tags: ['products'] });
    await ask(test.cache, source, { key: 'detail', tags: ['product:1'] });
    source.change('second');
    test.cache.invalidate(['products']);
    expect(await ask(test.cache, source, { key: 'list', tags: ['products'] })).toBe('second');
    expect(await ask(test.cache, source, { key: 'detail', tags: ['product:1'] })).toBe('first');
  });

  it('an answer whose reading began before it is never given to those who ask after it', async () => {
    const release = source.hold();
    const before = ask(test.cache, source);
    await vi.waitFor(() => expect(source.loads()).toBe(1));
    source.change('second');
    test.cache.invalidate(['products']);
    release();
    const after = ask(test.cache, source);
    expect(await before).toBe('first');
    expect(await after).toBe('second');
    expect(await ask(test.cache, source)).toBe('second');
  });

  it('what was invalidated is not served as stale', async () => {
    await ask(test.cache, source);
    test.clock.advance(FRESH_MS);
    source.change('second');
    test.cache.invalidate(['products']);
    expect(await ask(test.cache, source)).toBe('second');
  });

  it('reaches other processes within a second', async () => {
    await using other = await anotherProcess();
    await ask(other.cache, source);
    source.change('second');
    const started_ms = performance.now();
    test.cache.invalidate(['products']);
    await vi.waitFor(async () => expect(await ask(other.cache, source)).toBe('second'), {
      interval: 5,
    });
    expect(performance.now() - started_ms).toBeLessThan(1_000);
  });

  it('of a thousand tags at once reaches them too', async () => {
    await using other = await anotherProcess();
    const tags = Array.from({ length: 1_000 }, (_, i) => `product:${crypto.randomUUID()}:${i}`);
    const last = { key: 'last', tags: tags.slice(-1) };
    await ask(other.cache, source, last);
    source.change('second');
    test.cache.invalidate(tags);
    await vi.waitFor(async () => expect(await ask(other.cache, source, last)).toBe('second'));
  });

  it('does not cost the process that sent it a second load', async () => {
    await using other = await anotherProcess();
    await ask(other.cache, source);
    test.cache.invalidate(['products']);
    await ask(test.cache, source);
    await vi.waitFor(async () => {
      await ask(other.cache, source);
      expect(other.results.at(-2)).toBe('miss');
    });
    expect(await ask(test.cache, source)).toBe('first');
    expect(test.results).toEqual(['miss', 'hit']);
  });

  it('that could not be sent reaches them when the connection is back', async () => {
    await using other = await anotherProcess();
    await ask(other.cache, source);
    test.wire.cut();
    await vi.waitFor(() => expect(test.bus.isListening()).toBe(false));
    source.change('second');
    test.cache.invalidate(['products']);
    test.wire.restore();
    await vi.waitFor(async () => expect(await ask(other.cache, source)).toBe('second'), {
      timeout: 5_000,
    });
  });

  it('that was still to be sent is sent before the process ends', async () => {
    await using other = await anotherProcess();
    await ask(other.cache, source);
    source.change('second');
    const leaving = await createTestCache(database);
    leaving.cache.invalidate(['products']);
    await leaving.close();
    await vi.waitFor(async () => expect(await ask(other.cache, source)).toBe('second'));
  });
});

describe('a process that receives no invalidations', () => {
  it.each(['cut', 'swallow'] as const)(
    'keeps and serves nothing, a second after its connection was lost (%s)',
    async (fault) => {
      await ask(test.cache, source);
      test.wire[fault]();
      await vi.waitFor(() => expect(test.bus.isListening()).toBe(false), { timeout: 2_000 });
      source.change('second');
      expect(await ask(test.cache, source)).toBe('second');
      source.change('third');
      expect(await ask(test.cache, source)).toBe('third');
      expect(test.results.slice(1)).toEqual(['bypass', 'bypass']);
    },
  );

  it('trusts nothing from before once it receives again', async () => {
    await ask(test.cache, source);
    test.wire.cut();
    await vi.waitFor(() => expect(test.bus.isListening()).toBe(false));
    source.change('second');
    test.wire.restore();
    await untilConnected(test.bus);
    expect(await ask(test.cache, source)).toBe('second');
    expect(await ask(test.cache, source)).toBe('second');
    expect(test.results.slice(-2)).toEqual(['miss', 'hit']);
  });
});

it('without a cache every answer is made anew', async () => {
  const none = withoutCache();
  await ask(none, source);
  source.change('second');
  none.invalidate(['sellers']);
  expect(await ask(none, source)).toBe('second');
  await none.close();
});
