// Counting requests in fixed windows: in Redis for all processes together, in this process where there is none or it fails.
import type { Redis, Result } from 'ioredis';
import { LRUCache } from 'lru-cache';
import type { Breaker } from '../../lib/flow/breaker.ts';
import type { Clock } from '../../lib/time.ts';
import type { Log } from '../../telemetry/log.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    countInWindows(
      keyCount: number,
      ...keysAndWindows: (string | number)[]
    ): Result<number[], Context>;
  }
}

/** Beyond this many callers the one who has been quiet longest is forgotten: addresses are cheap to have. */
export const MAX_COUNTED_IN_MEMORY = 50_000;

/**
 * One to each key, all in one round trip; where one is over its limit, the others get theirs back. Answers count and
 * milliseconds left of each, flat.
 */
const COUNT_IN_WINDOWS = `
local tally = {}
local refused = false
for i, key in ipairs(KEYS) do
  local count = redis.call('INCR', key)
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[i])
    redis.call('PEXPIRE', key, left)
  end
  tally[2 * i - 1] = count
  tally[2 * i] = left
  refused = refused or count > tonumber(ARGV[#KEYS + i])
end
if refused then
  for i, key in ipairs(KEYS) do
    local isWithin = tally[2 * i - 1] <= tonumber(ARGV[#KEYS + i])
    if isWithin and redis.call('DECR', key) == 0 then redis.call('DEL', key) end
  end
end
return tally`;

/** For each window two numbers: its count, this request included, and the milliseconds until it ends. */
export type Tally = readonly number[];

export interface Window {
  readonly key: string;
  /** How long it lasts if it begins now. */
  readonly length_ms: number;
  /** Requests within it. */
  readonly limit: number;
}

export interface Counters {
  /** Counts one request in each window; one that a window refuses is counted in the windows that refuse it alone. */
  count(windows: readonly Window[]): Tally | Promise<Tally>;
  /** Keeps a key in mind for so long. */
  remember(key: string, length_ms: number): void | Promise<void>;
  knows(key: string): boolean | Promise<boolean>;
}

export function memoryCounters(clock: Clock): Counters {
  const running = new LRUCache<string, { count: number; readonly ends_ms: number }>({
    max: MAX_COUNTED_IN_MEMORY,
  });
  const remembered = new LRUCache<string, { readonly ends_ms: number }>({
    max: MAX_COUNTED_IN_MEMORY,
  });
  /** Leaves nothing of a window that only refused requests began: whoever is refused could begin any number. */
  const giveBack = (key: string) => {
    const window = running.get(key);
    if (window === undefined) return;
    window.count -= 1;
    if (window.count === 0) running.delete(key);
  };
  return {
    count(windows) {
      const now_ms = clock.now().getTime();
      const tally: number[] = [];
      const within: string[] = [];
      for (const { key, length_ms, limit } of windows) {
        let window = running.get(key);
        if (window === undefined || window.ends_ms <= now_ms) {
          window = { count: 0, ends_ms: now_ms + length_ms };
          running.set(key, window);
        }
        window.count += 1;
        if (window.count <= limit) within.push(key);
        tally.push(window.count, window.ends_ms - now_ms);
      }
      if (within.length < windows.length) for (const key of within) giveBack(key);
      return tally;
    },
    remember(key, length_ms) {
      remembered.set(key, { ends_ms: clock.now().getTime() + length_ms });
    },
    knows: (key) => (remembered.get(key)?.ends_ms ?? 0) > clock.now().getTime(),
  };
}

export interface RedisCountersOptions {
  readonly redis: Redis;
  readonly breaker: Breaker;
  readonly log: Pick<Log, 'warn'>;
  /** Counts while Redis cannot. */
  readonly standIn: Counters;
}

export function redisCounters({ redis, breaker, log, standIn }: RedisCountersOptions): Counters {
  redis.defineCommand('countInWindows', { lua: COUNT_IN_WINDOWS });
  const countShared = (windows: readonly Window[]) =>
    redis.countInWindows(
      windows.length,
      ...windows.map(({ key }) => key),
      ...windows.map(({ length_ms }) => length_ms),
      ...windows.map(({ limit }) => limit),
    );
  const inRedis = async <T>(ask: () => Promise<T>, otherwise: () => T | Promise<T>): Promise<T> => {
    // Asked first, because a refusal by exception costs more than counting.
    if (redis.status !== 'ready' || breaker.isOpen()) return otherwise();
    try {
      return await breaker.run(ask);
    } catch (err) {
      log.warn({ err }, 'redis did not count a request; this process counts by itself');
      return otherwise();
    }
  };
  return {
    count: (windows) =>
      inRedis(
        () => countShared(windows),
        () => standIn.count(windows),
      ),
    async remember(key, length_ms) {
      // Here too: should Redis fail, those who are known stay so.
      await standIn.remember(key, length_ms);
      await inRedis(
        async () => void (await redis.set(key, 1, 'PX', length_ms)),
        () => undefined,
      );
    },
    knows: (key) =>
      inRedis(
        async () => (await redis.exists(key)) === 1,
        () => standIn.knows(key),
      ),
  };
}
