// Caches as processes have them: each with a connection of its own to the same database, and a wire that tests cut.
import { vi } from 'vitest';
import { movableClock, type TestClock } from '../../test/support/clock.ts';
import type { TestDatabase } from '../../test/support/database.ts';
import { createDatabaseWire, type Wire } from '../../test/support/network/wire.ts';
import type { CachedAnswer } from './answer.ts';
import { type Cache, type CacheResult, createCache } from './cache.ts';
import { connectInvalidationBus, type InvalidationBus } from './invalidation-bus.ts';
import type { SharedStore } from './shared-store.ts';

export interface TestCache {
  readonly cache: Cache;
  readonly bus: InvalidationBus;
  readonly clock: TestClock;
  /** Between this cache and the database. */
  readonly wire: Wire;
  /** How each request was answered. */
  readonly results: CacheResult[];
  readonly warnings: unknown[];
  close(): Promise<void>;
}

/** A cache that already receives from the others. */
export async function createTestCache(
  database: TestDatabase,
  store?: SharedStore,
): Promise<TestCache> {
  const wire = await createDatabaseWire(database.url);
  const clock = movableClock();
  const results: CacheResult[] = [];
  const warnings: unknown[] = [];
  const log = { warn: (...entry: unknown[]) => void warnings.push(entry) };
  const bus = connectInvalidationBus({ url: wire.url, log });
  const onRequest = (result: CacheResult) => void results.push(result);
  const cache = createCache({ bus, store, clock, log, onRequest });
  await untilConnected(bus);
  return {
    cache,
    bus,
    clock,
    wire,
    results,
    warnings,
    close: async () => {
      await cache.close();
      await wire.close();
    },
  };
}

export async function untilConnected(bus: InvalidationBus): Promise<void> {
  await vi.waitFor(
    () => {
      if (!bus.isListening()) throw new Error('The bus is not connected');
    },
    { timeout: 5_000, interval: 5 },
  );
}

export function answerOf(text: string): CachedAnswer {
  return { headers: { 'content-type': 'text/plain' }, body: Buffer.from(text), version: 1 };
}

/** A source of answers that counts its calls, and may be held up. */
export function createSource() {
  let loads = 0;
  let gate: Promise<void> = Promise.resolve();
  let text = 'first';
  return {
    loads: () => loads,
    change: (next: string) => {
      text = next;
    },
    /** Loads that begin from now on end when the returned function is called. */
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => {
        gate = Promise.resolve();
        resolve();
      };
    },
    load: async (): Promise<CachedAnswer> => {
      loads += 1;
      const read = text;
      await gate;
      return answerOf(read);
    },
  };
}

/** What `cache` answers for one key. */
export async function ask(
  cache: Cache,
  source: { load: () => Promise<CachedAnswer> },
  { key = 'list', tags = ['products'] }: { key?: string; tags?: readonly string[] } = {},
): Promise<string> {
  const answer = await cache.get({ key, tags, load: source.load });
  return answer.body.toString();
}
