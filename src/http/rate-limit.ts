// Rate limits: takes each request from its quotas, tells what is left, and refuses what is over.
import type { Redis } from 'ioredis';
import type { Breaker } from '../cache/breaker.ts';
import type { Config } from '../config.ts';
import { Problem, RATE_LIMITED } from '../lib/problem.ts';
import { type Clock, SECOND_MS } from '../lib/time.ts';
import type { Log } from '../telemetry/log.ts';
import {
  type Counters,
  memoryCounters,
  redisCounters,
  type Tally,
  type Window,
} from './rate-counters.ts';
import {
  createPlans,
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
  /** The account that its body names. Rules per account count it then, and no others: they have counted it before. */
  readonly account?: string | undefined;
}

/** What an answer says of its quotas: the fields `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-11. */
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
}

export interface RateLimitOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Absent: counts in memory, per process. */
  readonly shared?: { readonly redis: Redis; readonly breaker: Breaker } | undefined;
  /** Hears the rule of each refusal. */
  readonly onRefusal?: (rule: RateRule) => void;
}

export function createRateLimits(options: RateLimitOptions): RateLimits {
  const { config, clock, log, shared, onRefusal = () => {} } = options;
  if (config.RATE_LIMITS === 'off') return { take: () => undefined };
  const planOf = createPlans(config);
  const memory = memoryCounters(clock);
  const counters: Counters =
    shared === undefined ? memory : redisCounters({ ...shared, log, standIn: memory });
  return {
    take(request) {
      const plan = planOf({
        limit: request.limit,
        isSignedIn: request.user_id !== undefined,
        hasAccount: request.account !== undefined,
      });
      const windows = plan.quotas.map((quota) => windowOf(quota, request));
      const tally = counters.count(windows);
      return tally instanceof Promise
        ? tally.then((tally) => judge(plan, tally, onRefusal))
        : judge(plan, tally, onRefusal);
    },
  };
}

function windowOf(quota: Quota, { address, user_id, account }: CountedRequest): Window {
  const { name, per, period_seconds } = quota;
  const caller = per === 'caller' ? (user_id ?? address) : address;
  return {
    key: per === 'account' ? `rate:${name}:${account}:${address}` : `rate:${name}:${caller}`,
    length_ms: period_seconds * SECOND_MS,
  };
}

/** @throws Problem RATE_LIMITED */
function judge(plan: Plan, tally: Tally, onRefusal: (rule: RateRule) => void): RateFields {
  let limit = '';
  let spent = '';
  let longest: Quota | undefined;
  let wait_seconds = 0;
  let i = 0;
  for (const quota of plan.quotas) {
    const [count = 0, left_ms = 0] = [tally[i], tally[i + 1]];
    i += 2;
    const left = quota.limit - count;
    const reset_seconds = Math.max(1, Math.ceil(left_ms / 1_000));
    if (left >= 0) {
      limit = listed(limit, `"${quota.name}";r=${left};t=${reset_seconds}`);
      continue;
    }
    spent = listed(spent, `"${quota.name}";r=0;t=${reset_seconds}`);
    if (reset_seconds > wait_seconds) {
      wait_seconds = reset_seconds;
      longest = quota;
    }
  }
  if (longest === undefined) return { limit, policy: plan.policy };
  onRefusal(longest.name);
  // Of the spent quotas only: Retry-After must outlast every window that RateLimit names.
  throw refusal(longest, wait_seconds, { limit: spent, policy: plan.policy });
}

function refusal(quota: Quota, wait_seconds: number, fields: RateFields): Problem {
  return new Problem(
    RATE_LIMITED,
    `At most ${quota.limit} requests per ${quota.period_seconds} s; wait ${wait_seconds} s.`,
    {
      headers: {
        ratelimit: fields.limit,
        'ratelimit-policy': fields.policy,
        'retry-after': String(wait_seconds),
      },
    },
  );
}

/** A list of structured fields (RFC 9651) with one more member. */
function listed(list: string, member: string): string {
  return list === '' ? member : `${list}, ${member}`;
}
