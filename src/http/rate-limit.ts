// Rate limits: rules as data, one quota over all processes through Redis, memory where there is none or it is gone.
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Config } from '../config.ts';
import { Problem, RATE_LIMITED } from '../lib/problem.ts';

const PERIOD_SECONDS = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const;
/** Sign-ins from one address over all accounts, as a multiple of the rule for one account. */
const LOGIN_ADDRESS_FACTOR = 4;

export type RateRule = 'anonymous' | 'user' | 'burst' | 'login' | 'login_address' | 'register';

interface Quota {
  readonly limit: number;
  readonly period_seconds: number;
  consume(key: string): Promise<RateLimiterRes>;
}

/** What is left of the tightest rule that a request touched. */
export interface RateState {
  readonly rule: RateRule;
  readonly limit: number;
  readonly remaining: number;
  readonly reset_seconds: number;
  readonly period_seconds: number;
}

export interface RateLimits {
  /**
   * Takes one request from every given rule.
   * @returns the rule with the least left, for the answer's headers
   * @throws Problem RATE_LIMITED with Retry-After, the longest where several refuse
   */
  take(rules: readonly (readonly [RateRule, string])[]): Promise<RateState | undefined>;
}

/** `redis` absent: counts in memory, per process. `onRefusal` hears the rule of each refusal. */
export function createRateLimits(
  config: Config,
  redis: Redis | undefined,
  onRefusal: (rule: RateRule) => void,
): RateLimits {
  if (config.RATE_LIMITS === 'off') return { take: async () => undefined };
  const login = parseRate(config.RATE_LIMIT_LOGIN);
  const quotas: Record<RateRule, Quota> = {
    anonymous: quota('anonymous', parseRate(config.RATE_LIMIT_ANONYMOUS), redis),
    user: quota('user', parseRate(config.RATE_LIMIT_USER), redis),
    burst: quota('burst', parseRate(config.RATE_LIMIT_BURST), redis),
    login: quota('login', login, redis),
    login_address: quota(
      'login_address',
      { ...login, limit: login.limit * LOGIN_ADDRESS_FACTOR },
      redis,
    ),
    register: quota('register', parseRate(config.RATE_LIMIT_REGISTER), redis),
  };
  return {
    async take(rules) {
      const states = await Promise.all(
        rules.map(([rule, key]) => takeOne(quotas[rule], rule, key)),
      );
      const [refused] = states
        .filter((state) => state.remaining < 0)
        .sort((a, b) => b.reset_seconds - a.reset_seconds);
      if (refused !== undefined) {
        onRefusal(refused.rule);
        throw new Problem(
          RATE_LIMITED,
          `At most ${refused.limit} requests per ${refused.period_seconds} s; wait ${refused.reset_seconds} s.`,
          {
            headers: {
              ...rateHeaders({ ...refused, remaining: 0 }),
              'retry-after': String(refused.reset_seconds),
            },
          },
        );
      }
      return states.sort((a, b) => a.remaining - b.remaining)[0];
    },
  };
}

/** `RateLimit` and `RateLimit-Policy` of the IETF draft. */
export function rateHeaders(state: RateState): Record<string, string> {
  return {
    ratelimit: `"${state.rule}";r=${state.remaining};t=${state.reset_seconds}`,
    'ratelimit-policy': `"${state.rule}";q=${state.limit};w=${state.period_seconds}`,
  };
}

/** `"60/minute"`; the configuration's schema has checked the form. */
export function parseRate(text: string): { limit: number; period_seconds: number } {
  const [count, period] = text.split('/');
  return {
    limit: Number(count),
    period_seconds: PERIOD_SECONDS[period as keyof typeof PERIOD_SECONDS],
  };
}

function quota(
  rule: RateRule,
  rate: { limit: number; period_seconds: number },
  redis: Redis | undefined,
): Quota {
  const options = { points: rate.limit, duration: rate.period_seconds, keyPrefix: `rate:${rule}` };
  const memory = new RateLimiterMemory(options);
  const limiter =
    redis === undefined
      ? memory
      : new RateLimiterRedis({
          ...options,
          storeClient: redis,
          insuranceLimiter: memory,
          rejectIfRedisNotReady: true,
        });
  return { ...rate, consume: (key) => limiter.consume(key) };
}

async function takeOne(quota: Quota, rule: RateRule, key: string): Promise<RateState> {
  const result = await quota.consume(key).catch((refusal: unknown) => {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  });
  const isOver = result.consumedPoints > quota.limit;
  return {
    rule,
    limit: quota.limit,
    period_seconds: quota.period_seconds,
    remaining: isOver ? -1 : result.remainingPoints,
    reset_seconds: Math.max(1, Math.ceil(result.msBeforeNext / 1000)),
  };
}
