// Every rate limit as data: its setting, which requests it counts, and whose requests add up.
import type { Config } from '../config.ts';

const PERIOD_SECONDS = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const;

type RateSetting = Extract<keyof Config, `RATE_LIMIT_${string}`>;

interface RuleFacts {
  readonly setting: RateSetting;
  /** So many times the rate of the setting. */
  readonly times?: number;
  /** All requests, those of `anonymous` or `signed_in` callers, or those of routes whose `limit` is this. */
  readonly counts: string;
  /** Of those only the ones with this query parameter. */
  readonly parameter?: string;
  /** An `address`, a `caller` (the user, else the address), or an `account` as tried from one address. */
  readonly per: 'address' | 'caller' | 'account';
}

export const RATE_RULES = {
  anonymous: { setting: 'RATE_LIMIT_ANONYMOUS', counts: 'anonymous', per: 'address' },
  user: { setting: 'RATE_LIMIT_USER', counts: 'signed_in', per: 'caller' },
  burst: { setting: 'RATE_LIMIT_BURST', counts: 'all', per: 'caller' },
  login: { setting: 'RATE_LIMIT_LOGIN', counts: 'login', per: 'account' },
  login_address: { setting: 'RATE_LIMIT_LOGIN', times: 4, counts: 'login', per: 'address' },
  register: { setting: 'RATE_LIMIT_REGISTER', counts: 'register', per: 'address' },
  code: { setting: 'RATE_LIMIT_CODE', counts: 'code', per: 'caller' },
  search: { setting: 'RATE_LIMIT_SEARCH', counts: 'search', parameter: 'search', per: 'caller' },
  upload: { setting: 'RATE_LIMIT_UPLOAD', counts: 'upload', per: 'caller' },
} as const satisfies Readonly<Record<string, RuleFacts>>;

export type RateRule = keyof typeof RATE_RULES;
/** What a route names to be counted by more than the general rules. */
export type RouteLimit = Exclude<
  (typeof RATE_RULES)[RateRule]['counts'],
  'all' | 'anonymous' | 'signed_in'
>;

export interface Quota {
  readonly name: RateRule;
  readonly per: RuleFacts['per'];
  readonly limit: number;
  readonly period_seconds: number;
}

/** The rules that hold for one kind of request, and how they are announced. */
export interface Plan {
  readonly quotas: readonly Quota[];
  /** `RateLimit-Policy`, which never changes. */
  readonly policy: string;
}

/** What decides which rules count a request. */
export interface RequestKind {
  readonly limit: RouteLimit | undefined;
  readonly isSignedIn: boolean;
  /** Whether its body has been read and names an account; rules per account count it then, all others before. */
  readonly hasAccount: boolean;
}

/** The plan of each kind of request, all made at once. */
export function createPlans(config: Config): (kind: RequestKind) => Plan {
  const rules = ruleNames().map((name) => [RATE_RULES[name], quotaOf(name, config)] as const);
  const planOf = ({ limit, isSignedIn, hasAccount }: RequestKind): Plan => {
    const targets = ['all', isSignedIn ? 'signed_in' : 'anonymous', limit];
    const holding = rules.filter(
      ([{ counts, per }]) => targets.includes(counts) && (per === 'account') === hasAccount,
    );
    return announced(holding.map(([, quota]) => quota));
  };
  const plansOf = (limit: RouteLimit | undefined) => ({
    anonymous: planOf({ limit, isSignedIn: false, hasAccount: false }),
    signedIn: planOf({ limit, isSignedIn: true, hasAccount: false }),
    account: planOf({ limit, isSignedIn: false, hasAccount: true }),
  });
  const general = plansOf(undefined);
  const own = new Map(ROUTE_LIMITS.map((limit) => [limit, plansOf(limit)]));
  return ({ limit, isSignedIn, hasAccount }) => {
    const plans = (limit && own.get(limit)) ?? general;
    if (hasAccount) return plans.account;
    return isSignedIn ? plans.signedIn : plans.anonymous;
  };
}

/** The query parameter without which a route's own limit does not count a request. */
export function parameterOf(limit: RouteLimit): string | undefined {
  return PARAMETERS.get(limit);
}

/** Whether the account that a body names plays a part in `limit`. */
export function countsAccounts(limit: RouteLimit): boolean {
  return ACCOUNT_LIMITS.has(limit);
}

/** `"60/minute"`; the configuration's schema has checked the form. */
export function parseRate(text: string): { limit: number; period_seconds: number } {
  const [count, period] = text.split('/');
  return {
    limit: Number(count),
    period_seconds: PERIOD_SECONDS[period as keyof typeof PERIOD_SECONDS],
  };
}

function ruleNames(): RateRule[] {
  return Object.keys(RATE_RULES) as RateRule[];
}

const GENERAL = ['all', 'anonymous', 'signed_in'];
const ROUTE_LIMITS = ruleNames()
  .map((name) => RATE_RULES[name].counts)
  .filter((counts): counts is RouteLimit => !GENERAL.includes(counts));

const ACCOUNT_LIMITS = new Set<string>(
  Object.values<RuleFacts>(RATE_RULES)
    .filter(({ per }) => per === 'account')
    .map(({ counts }) => counts),
);
const PARAMETERS = new Map<string, string | undefined>(
  Object.values<RuleFacts>(RATE_RULES).map(({ counts, parameter }) => [counts, parameter]),
);

function quotaOf(name: RateRule, config: Config): Quota {
  const { setting, times = 1, per }: RuleFacts = RATE_RULES[name];
  const { limit, period_seconds } = parseRate(config[setting]);
  return { name, per, limit: limit * times, period_seconds };
}

function announced(quotas: readonly Quota[]): Plan {
  return {
    quotas,
    policy: quotas
      .map(({ name, limit, period_seconds }) => `"${name}";q=${limit};w=${period_seconds}`)
      .join(', '),
  };
}
