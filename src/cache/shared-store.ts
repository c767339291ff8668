// The cache's share of Redis: answers that another process made a moment ago. Redis may hang, forget or be gone at any time.
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Breaker } from '../lib/flow/breaker.ts';
import type { CachedAnswer } from './answer.ts';

const ANSWER_PREFIX = 'cache:answer:';
const TAG_PREFIX = 'cache:tag:';
/** Of a tag's stamp. Without it no answer with that tag is believed, so that losing one costs a load and nothing else. */
const STAMP_LIFE_MS = 3_600_000;

export interface FoundInStore {
  readonly answer?: CachedAnswer;
  readonly made_at_ms: number;
  /** Keeps an answer whose first read came after this was found. Never throws. */
  save(made: { readonly answer: CachedAnswer; readonly made_at_ms: number }): void;
}

export interface SharedStore {
  /** What is kept under `key`, if none of `tags` was invalidated since; undefined where Redis cannot be reached. */
  find(key: string, tags: readonly string[]): Promise<FoundInStore | undefined>;
  /** @returns whether Redis has it; if not, every process must `avoid` the store */
  invalidate(tags: readonly string[]): Promise<boolean>;
  /** Neither reads nor writes until what it keeps now has died. */
  avoid(): void;
}

export interface SharedStoreOptions {
  readonly redis: Redis;
  readonly breaker: Breaker;
  /** How long an answer may be found. */
  readonly life_ms: number;
  /** How long `avoid` lasts: as long as answers live, and until every process has received it. */
  readonly avoid_ms: number;
}

interface KeptHead {
  /** Of its tags, in order, when the answer was made. */
  readonly stamps: readonly string[];
  readonly made_at_ms: number;
  readonly version: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Each tag has a random stamp in Redis; an answer is kept with the stamps that stood before it was read, and is good
 * while they stand. Invalidating replaces them.
 */
export function createSharedStore(options: SharedStoreOptions): SharedStore {
  const { redis, breaker, life_ms, avoid_ms } = options;
  let avoided_until_ms = 0;
  const isAvoided = () => performance.now() < avoided_until_ms;
  const avoid = () => {
    avoided_until_ms = performance.now() + avoid_ms;
  };
  /** Undefined for whatever went wrong: the cache is there to save work, never to fail it. */
  const ask = async <T>(work: () => Promise<T>): Promise<T | undefined> =>
    breaker.run(work).catch(() => undefined);

  const readStamps = async (tags: readonly string[]): Promise<(string | null)[]> => {
    const setting = redis.pipeline();
    for (const tag of tags) setting.set(TAG_PREFIX + tag, randomUUID(), 'PX', STAMP_LIFE_MS, 'NX');
    await setting.exec();
    return redis.mget(tags.map((tag) => TAG_PREFIX + tag));
  };

  const save = (
    key: string,
    stamps: readonly string[],
    head: Omit<KeptHead, 'stamps'>,
    body: Buffer,
  ) => {
    if (isAvoided()) return;
    const line = Buffer.from(`${JSON.stringify({ stamps, ...head } satisfies KeptHead)}\n`);
    void ask(() => redis.set(ANSWER_PREFIX + key, Buffer.concat([line, body]), 'PX', life_ms));
  };

  return {
    avoid,
    async find(key, tags) {
      if (isAvoided()) return undefined;
      const found = await ask(async () => {
        const [kept, ...stamps] = await redis.mgetBuffer(
          ANSWER_PREFIX + key,
          ...tags.map((tag) => TAG_PREFIX + tag),
        );
        const texts = stamps.map((stamp) => stamp?.toString());
        const known = texts.includes(undefined) ? await readStamps(tags) : texts;
        return { kept, stamps: known.filter((stamp) => typeof stamp === 'string') };
      });
      // Checked again: during the read, this process may have failed to write an invalidation to Redis.
      if (found === undefined || isAvoided() || found.stamps.length < tags.length) return undefined;
      const { kept, stamps } = found;
      const known = kept ? readKept(kept, stamps) : undefined;
      return {
        made_at_ms: known?.made_at_ms ?? 0,
        ...(known === undefined ? {} : { answer: known.answer }),
        save: ({ answer: { headers, version, body }, made_at_ms }) =>
          save(key, stamps, { headers, version, made_at_ms }, body),
      };
    },
    async invalidate(tags) {
      const stamped = await ask(async () => {
        const setting = redis.pipeline();
        for (const tag of tags) setting.set(TAG_PREFIX + tag, randomUUID(), 'PX', STAMP_LIFE_MS);
        const replies = await setting.exec();
        return replies?.every(([error]) => error === null) ?? false;
      });
      if (stamped !== true) avoid();
      return stamped === true;
    },
  };
}

function readKept(
  kept: Buffer,
  stamps: readonly string[],
): { answer: CachedAnswer; made_at_ms: number } | undefined {
  const end = kept.indexOf('\n');
  const head = JSON.parse(kept.toString('utf8', 0, end)) as KeptHead;
  if (head.stamps.join() !== stamps.join()) return undefined;
  const { headers, version, made_at_ms } = head;
  return { answer: { headers, version, body: kept.subarray(end + 1) }, made_at_ms };
}
