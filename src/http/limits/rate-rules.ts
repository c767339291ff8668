// Every rate limit as data: its setting, which requests it counts, and whose requests add up. ADR 15 has the reasons.
import type { Config } from '../../config.ts';

const PERIOD_SECONDS = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const;

export type RateSetting = Extract<keyof Config, `RATE_LIMIT_${string}`>;

interface RuleFacts {
  readonly setting: RateSetting;
  /** Counts only requests of routes whose `limit` is this; absent: a general rule. */
  readonly route?: string;
  /** The general rules do not count what this one counts: nobody can spend it by doing something else. */
  readonly isApart?: boolean;
  /** Only subjects that never succeeded from their address: those who did are kept from nothing by neighbours. */
  readonly countsStrangersOnly?: boolean;
  /** Only requests of these callers. */
  readonly callers?: 'anonymous' | 'signed_in';
  /** Only requests with this query parameter. */
  readonly parameter?: string;
  /**
   * Whose requests add up: those of an `address`, of a signed-in `user`, of what the route names as the `subject` of a
   * request (an account, a session, a payment), or of a subject from one address. Without a subject such a rule counts
   * nothing.
   */
  readonly per: 'address' | 'user' | 'subject' | 'subject_and_address';
}

export const RATE_RULES = {
  anonymous: { setting: 'RATE_LIMIT_ANONYMOUS', callers: 'anonymous', per: 'address' },
  user: { setting: 'RATE_LIMIT_USER', callers: 'signed_in', per: 'user' },
  burst: { setting: 'RATE_LIMIT_BURST', callers: 'signed_in', per: 'user' },
  login: {
    setting: 'RATE_LIMIT_LOGIN',
    route: 'login',
    isApart: true,
    per: 'subject_and_address',
  },
  login_address: {
    setting: 'RATE_LIMIT_LOGIN_ADDRESS',
    route: 'login',
    isApart: true,
    countsStrangersOnly: true,
    per: 'address',
  },
  refresh: { setting: 'RATE_LIMIT_REFRESH', route: 'refresh', isApart: true, per: 'subject' },
  register: { setting: 'RATE_LIMIT_REGISTER', route: 'register', isApart: true, per: 'address' },
  password: {
    setting: 'RATE_LIMIT_PASSWORD',
    route: 'password',
    callers: 'signed_in',
    per: 'user',
  },
  code: { setting: 'RATE_LIMIT_CODE', route: 'code', callers: 'signed_in', per: 'user' },
  code_address: {
    setting: 'RATE_LIMIT_CODE_ADDRESS',
    route: 'code',
    isApart: true,
    callers: 'anonymous',
    per: 'address',
  },
  search: {
    setting: 'RATE_LIMIT_SEARCH',
    route: 'search',
    parameter: 'search',
    callers: 'signed_in',
    per: 'user',
  },
  search_address: {
    setting: 'RATE_LIMIT_SEARCH_ADDRESS',
    route: 'search',
    parameter: 'search',
    callers: 'anonymous',
    per: 'address',
  },
  upload: { setting: 'RATE_LIMIT_UPLOAD', route: 'upload', callers: 'signed_in', per: 'user' },
  media: { setting: 'RATE_LIMIT_MEDIA', route: 'media', isApart: true, per: 'address' },
  payment_page: {
    setting: 'RATE_LIMIT_PAYMENT_PAGE',
    route: 'payment_page',
    isApart: true,
    per: 'subject',
  },
  webhook: {
    setting: 'RATE_LIMIT_WEBHOOK',
    route: 'webhook',
    isApart: true,
    per: 'subject_and_address',
  },
  health: { setting: 'RATE_LIMIT_HEALTH', route: 'health', isApart: true, per: 'address' },
} as const satisfies Readonly<Record<string, RuleFacts>>;

export type RateRule = keyof typeof RATE_RULES;
/** What a route names to be counted by rules of its own. */
export type RouteLimit = Extract<(typeof RATE_RULES)[RateRule], { route: string }>['route'];

export interface Quota {
  readonly name: RateRule;
  readonly setting: RateSetting;
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
  readonly hasSubject: boolean;
  /** Whether the subject succeeded from this address before; asked where `distinguishesStrangers` says so. */
  readonly isKnown: boolean;
}

const RULES: readonly (readonly [RateRule, RuleFacts])[] = (
  Object.keys(RATE_RULES) as RateRule[]
).map((name) => [name, RATE_RULES[name]]);

/** The plan of each kind of request, made when the first one comes. */
export function createPlans(config: Config): (kind: RequestKind) => Plan {
  const plans = new Map<string, Plan>();
  return (kind) => {
    const key = `${kind.limit} ${kind.isSignedIn} ${kind.hasSubject} ${kind.isKnown}`;
    const known = plans.get(key);
    if (known !== undefined) return known;
    const plan = announced(rulesFor(kind).map(([name, facts]) => quotaOf(name, facts, config)));
    plans.set(key, plan);
    return plan;
  };
}

function rulesFor({ limit, isSignedIn, hasSubject, isKnown }: RequestKind) {
  const caller = isSignedIn ? 'signed_in' : 'anonymous';
  const holding = RULES.filter(
    ([, { route, callers = caller, per, countsStrangersOnly }]) =>
      (route === undefined || route === limit) &&
      callers === caller &&
      !(isKnown && countsStrangersOnly) &&
      (hasSubject || !countsSubject(per)),
  );
  const isApart = holding.some(([, facts]) => facts.isApart);
  return isApart ? holding.filter(([, { route }]) => route !== undefined) : holding;
}

/** The query parameter without which a route's own limit does not count a request. */
export function parameterOf(limit: RouteLimit): string | undefined {
  return PARAMETERS.get(limit);
}

/** Whether rules of `limit` ask what the request is about, which may stand in its body. */
export function asksForSubject(limit: RouteLimit): boolean {
  return SUBJECT_LIMITS.has(limit);
}

/** Whether rules of `limit` ask if the subject is known at its address. */
export function distinguishesStrangers(limit: RouteLimit): boolean {
  return STRANGER_LIMITS.has(limit);
}

const STRANGER_LIMITS = new Set(
  RULES.flatMap(([, { route, countsStrangersOnly }]) => (countsStrangersOnly ? [route] : [])),
);
const SUBJECT_LIMITS = new Set(
  RULES.flatMap(([, { route, per }]) => (countsSubject(per) ? [route] : [])),
);
const PARAMETERS = new Map(RULES.map(([, { route, parameter }]) => [route, parameter]));

function countsSubject(per: RuleFacts['per']): boolean {
  return per === 'subject' || per === 'subject_and_address';
}

/** `"60/minute"`; the configuration's schema has checked the form. */
export function parseRate(text: string): { limit: number; period_seconds: number } {
  const [count, period] = text.split('/');
  return {
    limit: Number(count),
    period_seconds: PERIOD_SECONDS[period as keyof typeof PERIOD_SECONDS],
  };
}

function quotaOf(name: RateRule, { setting, per }: RuleFacts, config: Config): Quota {
  return { name, setting, per, ...parseRate(config[setting]) };
}

function announced(quotas: readonly Quota[]): Plan {
  return {
    quotas,
    policy: quotas
      .map(({ name, limit, period_seconds }) => `"${name}";q=${limit};w=${period_seconds}`)
      .join(', '),
  };
}
