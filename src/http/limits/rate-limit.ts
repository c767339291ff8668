// Rate limits: takes each request from its quotas, reports what is left, and refuses what is over.
import { hash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Config } from '../../config.ts';
import type { Breaker } from '../../lib/flow/breaker.ts';
import { Problem, RATE_LIMITED } from '../../lib/problem.ts';
import { type Clock, DAY_MS, plusMs, SECOND_MS } from '../../lib/time.ts';
import type { Log } from '../../telemetry/log.ts';
import {
  type Counters,
  memoryCounters,
  redisCounters,
  type Tally,
  type Window,
} from './rate-counters.ts';
import {
  createPlans,
  distinguishesStrangers,
  type Plan,
  type Quota,
  type RateRule,
  type RouteLimit,
} from './rate-rules.ts';

/** A request as far as quotas are concerned. */
export interface CountedRequest {
  /** Of its route, if it has one of its own. */
  readonly limit?: RouteLimit | undefined;
  /** Which it shares with nobody: see `addressKey`. */
  readonly address: string;
  readonly user_id?: string | undefined;
  /** What it is about, where its route says so: an account, a session, a payment. Kept as a hash. */
  readonly subject?: string | undefined;
  /** Reports what is left, and is never refused. */
  readonly isUnbounded?: boolean | undefined;
}

/** Quotas in an answer: the fields `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-11. */
export interface RateFields {
  readonly limit: string;
  readonly policy: string;
}

export interface RateLimits {
  /**
   * Takes one request from every rule that counts it.
   * @returns undefined where limits are off
   * @throws Problem RATE_LIMITED with Retry-After, the longest where several refuse
   */
  take(request: CountedRequest): RateFields | undefined | Promise<RateFields | undefined>;
  /** Called for a success, for rules that count strangers only. */
  succeed(request: CountedRequest): void | Promise<void>;
}

/** As long as a session may live: whoever signs in again after it is still known. */
const KNOWN_FOR_MS = 30 * DAY_MS;

export interface RateLimitOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Absent: counts in memory, per process. */
  readonly shared?: { readonly redis: Redis; readonly breaker: Breaker } | undefined;
  /** Called with the rule of each refusal. */
  readonly onRefusal?: (rule: RateRule) => void;
}

export function createRateLimits(options: RateLimitOptions): RateLimits {
  const { config, clock, log, shared, onRefusal = () => {} } = options;
  if (config.RATE_LIMITS === 'off') return { take: () => undefined, succeed: () => {} };
  const planOf = createPlans(config);
  const memory = memoryCounters(clock);
  const counters: Counters =
    shared === undefined ? memory : redisCounters({ ...shared, log, standIn: memory });

  function judge(plan: Plan, tally: Tally, request: CountedRequest): RateFields {
    const { left, spent, longest } = verdictOn(plan, tally);
    const { policy } = plan;
    if (longest === undefined) return { limit: left, policy };
    if (request.isUnbounded) return { limit: listed(left, spent), policy };
    onRefusal(longest.quota.name);
    // Of the spent quotas only: Retry-After must outlast every window that RateLimit names.
    throw refusal(longest, { limit: spent, policy }, clock.now());
  }

  function take(request: CountedRequest, isKnown: boolean) {
    const { limit, user_id, subject } = request;
    const plan = planOf({
      limit,
      isSignedIn: user_id !== undefined,
      hasSubject: subject !== undefined,
      isKnown,
    });
    const tally = counters.count(plan.quotas.map((quota) => windowOf(quota, request)));
    return tally instanceof Promise
      ? tally.then((tally) => judge(plan, tally, request))
      : judge(plan, tally, request);
  }

  return {
    take(request) {
      const key = keyOfKnown(request);
      if (key === undefined) return take(request, false);
      const isKnown = counters.knows(key);
      return isKnown instanceof Promise
        ? isKnown.then((isKnown) => take(request, isKnown))
        : take(request, isKnown);
    },
    succeed(request) {
      const key = keyOfKnown(request);
      return key === undefined ? undefined : counters.remember(key, KNOWN_FOR_MS);
    },
  };
}

/** Neither the account nor the address can be read from it. */
function keyOfKnown({ limit, subject, address }: CountedRequest): string | undefined {
  if (limit === undefined || subject === undefined || !distinguishesStrangers(limit))
    return undefined;
  return `known:${limit}:${hashOf(`${subject} ${address}`)}`;
}

function windowOf(quota: Quota, { address, user_id, subject }: CountedRequest): Window {
  const { name, per, limit, period_seconds } = quota;
  const hashed = subject === undefined ? '' : hashOf(subject);
  const owner = {
    address,
    user: user_id ?? address,
    subject: hashed,
    subject_and_address: `${hashed}:${address}`,
  }[per];
  return { key: `rate:${name}:${owner}`, length_ms: period_seconds * SECOND_MS, limit };
}

const HASH_LENGTH = 22;

/** Stands for an e-mail address or a session in counters, which hold nothing personal and nothing secret. */
function hashOf(subject: string): string {
  return hash('sha256', subject, 'base64url').slice(0, HASH_LENGTH);
}

interface Spent {
  readonly quota: Quota;
  readonly wait_seconds: number;
}

interface Verdict {
  /** Members of `RateLimit` for quotas that are not spent, and for those that are. */
  readonly left: string;
  readonly spent: string;
  /** The spent quota that must be waited for the longest. */
  readonly longest: Spent | undefined;
}

function verdictOn({ quotas }: Plan, tally: Tally): Verdict {
  let left = '';
  let spent = '';
  let longest: Spent | undefined;
  let i = 0;
  for (const quota of quotas) {
    const [count = 0, left_ms = 0] = [tally[i], tally[i + 1]];
    i += 2;
    const wait_seconds = Math.max(1, Math.ceil(left_ms / SECOND_MS));
    const remaining = quota.limit - count;
    if (remaining >= 0) {
      left = listed(left, `"${quota.name}";r=${remaining};t=${wait_seconds}`);
      continue;
    }
    spent = listed(spent, `"${quota.name}";r=0;t=${wait_seconds}`);
    if (longest === undefined || wait_seconds > longest.wait_seconds)
      longest = { quota, wait_seconds };
  }
  return { left, spent, longest };
}

const WHOSE: Readonly<Record<Quota['per'], string>> = {
  address: 'of one address',
  user: 'of one user',
  subject: 'about one thing',
  subject_and_address: 'about one thing from one address',
};

function refusal({ quota, wait_seconds }: Spent, fields: RateFields, now: Date): Problem {
  const { name, setting, limit, period_seconds, per } = quota;
  const ends_at = plusMs(now, wait_seconds * SECOND_MS).toISOString();
  return new Problem(
    RATE_LIMITED,
    `The rule "${name}" allows ${limit} requests ${WHOSE[per]} in ${period_seconds} s; wait ${wait_seconds} s, until ${ends_at}. It is set by ${setting}.`,
    {
      headers: {
        ratelimit: fields.limit,
        'ratelimit-policy': fields.policy,
        'retry-after': String(wait_seconds),
      },
      members: { rate_limit: { rule: name, limit, period_seconds, ends_at, setting } },
    },
  );
}

/** A list of structured fields (RFC 9651) with one more member. */
function listed(list: string, member: string): string {
  if (member === '') return list;
  return list === '' ? member : `${list}, ${member}`;
}
