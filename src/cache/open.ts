// The cache as the settings want it: off, in memory, or in memory and Redis.
import type { Redis } from 'ioredis';
import type { Config } from '../config.ts';
import type { Breaker } from '../lib/flow/breaker.ts';
import type { Clock } from '../lib/time.ts';
import type { Log } from '../telemetry/log.ts';
import { type Cache, type CacheResult, createCache, FRESH_MS, withoutCache } from './cache.ts';
import { connectInvalidationBus, MAX_SILENCE_MS } from './invalidation-bus.ts';
import { createSharedStore } from './shared-store.ts';

export interface OpenCacheOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  /** Absent: this process keeps its own. */
  readonly shared?: { readonly redis: Redis; readonly breaker: Breaker } | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with how each request was answered. */
  readonly onRequest: (result: CacheResult) => void;
}

/** Connects in the background; nothing is served from the cache until other processes are connected. */
export function openCache({ config, databaseUrl, shared, ...rest }: OpenCacheOptions): Cache {
  if (config.CACHE === 'off') return withoutCache();
  const bus = connectInvalidationBus({ url: databaseUrl, log: rest.log });
  if (shared === undefined) return createCache({ bus, ...rest });
  const avoid_ms = FRESH_MS + 2 * MAX_SILENCE_MS;
  const store = createSharedStore({ ...shared, life_ms: FRESH_MS, avoid_ms });
  return createCache({ bus, store, ...rest });
}
