// Answers kept for a short while: in this process, and in Redis where there is one. What was invalidated is never served.
import { LRUCache } from 'lru-cache';
import { type Clock, SECOND_MS } from '../lib/time.ts';
import type { Log } from '../telemetry/log.ts';
import type { CachedAnswer } from './answer.ts';
import type { InvalidationBus } from './invalidation-bus.ts';
import type { SharedStore } from './shared-store.ts';
import { createValidity } from './validity.ts';

/** Up to this age an answer is served as it is; beyond it somebody fetches it anew while others still get it. */
export const FRESH_MS = 10 * SECOND_MS;
/** No answer is served beyond this age: it bounds what the clock alone makes untrue. */
export const MAX_AGE_MS = 30 * SECOND_MS;
/** Longer than any answer and any load lives. */
const FORGET_INTERVAL_MS = 60 * SECOND_MS;
const MAX_BYTES = 32 * 1024 * 1024;
/** Roughly what an answer weighs beside its body: headers, key and compressed variants. */
const OVERHEAD_BYTES = 1_024;

export interface CacheRequest {
  readonly key: string;
  /** What the answer shows; the same for every request of this key. */
  readonly tags: readonly string[];
  /** Makes the answer anew. */
  readonly load: () => Promise<CachedAnswer>;
}

/** How a request was answered, for the metrics. */
export type CacheResult = 'hit' | 'stale' | 'shared' | 'miss' | 'bypass';

export interface Cache {
  /** The kept answer, or a new one; of requests that come at once for one key a single one loads. @throws what `load` throws */
  get(request: CacheRequest): CachedAnswer | Promise<CachedAnswer>;
  /** To be called after the commit of what changed: this process and Redis follow at once, other processes within a second. */
  invalidate(tags: readonly string[]): void;
  close(): Promise<void>;
}

export interface CacheOptions {
  readonly bus: InvalidationBus;
  /** Absent: this process keeps its own. */
  readonly store?: SharedStore | undefined;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  readonly onRequest: (result: CacheResult) => void;
}

interface Entry {
  readonly answer: CachedAnswer;
  readonly since: number;
  readonly made_at_ms: number;
}

interface Load {
  readonly since: number;
  readonly answer: Promise<CachedAnswer>;
}

export function createCache({ bus, store, clock, log, onRequest }: CacheOptions): Cache {
  const validity = createValidity();
  const entries = new LRUCache<string, Entry>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ answer }, key) => answer.body.length + key.length + OVERHEAD_BYTES,
  });
  const loads = new Map<string, Load>();
  const timer = setInterval(() => validity.forgetOld(), FORGET_INTERVAL_MS).unref();
  bus.listen({
    onInvalidation: ({ tags, isStored }) => {
      validity.invalidate(tags);
      if (!isStored) store?.avoid();
    },
    onGap: () => {
      validity.invalidateAll();
      store?.avoid();
    },
  });

  const load = async ({ key, tags, load }: CacheRequest, since: number): Promise<CachedAnswer> => {
    const found = await store?.find(key, tags);
    if (found?.answer !== undefined) {
      onRequest('shared');
      entries.set(key, { answer: found.answer, since, made_at_ms: found.made_at_ms });
      return found.answer;
    }
    onRequest('miss');
    const made_at_ms = clock.now().getTime();
    const answer = await load();
    if (validity.holds(tags, since)) entries.set(key, { answer, since, made_at_ms });
    found?.save({ answer, made_at_ms });
    return answer;
  };

  const loadOnce = (request: CacheRequest): Promise<CachedAnswer> => {
    const { key, tags } = request;
    const running = loads.get(key);
    if (running !== undefined && validity.holds(tags, running.since)) return running.answer;
    const since = validity.now();
    const answer = load(request, since).finally(() => {
      if (loads.get(key)?.answer === answer) loads.delete(key);
    });
    loads.set(key, { since, answer });
    return answer;
  };

  return {
    get(request) {
      if (!bus.isListening()) {
        onRequest('bypass');
        return request.load();
      }
      const { key, tags } = request;
      const entry = entries.get(key);
      const age_ms = entry === undefined ? 0 : clock.now().getTime() - entry.made_at_ms;
      if (entry === undefined || age_ms >= MAX_AGE_MS || !validity.holds(tags, entry.since))
        return loadOnce(request);
      if (age_ms < FRESH_MS) {
        onRequest('hit');
        return entry.answer;
      }
      onRequest('stale');
      loadOnce(request).catch((err: unknown) => {
        log.warn({ err }, 'a cached answer could not be made anew');
      });
      return entry.answer;
    },
    invalidate(tags) {
      validity.invalidate(tags);
      if (store === undefined) bus.send({ tags, isStored: true });
      else void store.invalidate(tags).then((isStored) => bus.send({ tags, isStored }));
    },
    close: async () => {
      clearInterval(timer);
      entries.clear();
      await bus.close();
    },
  };
}

/** Keeps nothing: every answer is made on request. */
export function withoutCache(): Cache {
  return {
    get: ({ load }) => load(),
    invalidate: () => {},
    close: async () => {},
  };
}
