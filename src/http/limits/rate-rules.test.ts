import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../config.ts';
import {
  asksForSubject,
  createPlans,
  distinguishesStrangers,
  parameterOf,
  parseRate,
} from './rate-rules.ts';

const planOf = createPlans(loadConfig({ NODE_ENV: 'test' }, 'test'));

describe('parseRate', () => {
  it.each([
    ['5/second', 5, 1],
    ['60/minute', 60, 60],
    ['1000/hour', 1_000, 3_600],
    ['9999999/day', 9_999_999, 86_400],
  ])('reads %s', (text, limit, period_seconds) => {
    expect(parseRate(text)).toEqual({ limit, period_seconds });
  });
});

describe('the rules that count a request', () => {
  const ANONYMOUS = '"anonymous";q=600;w=60';
  const USER = '"user";q=5000;w=3600, "burst";q=300;w=60';
  const LOGIN_ADDRESS = '"login_address";q=100;w=60';

  it.each([
    ['nobody', undefined, false, false, ANONYMOUS],
    ['a user', undefined, true, false, USER],
    ['searching', 'search', false, false, `${ANONYMOUS}, "search_address";q=300;w=60`],
    ['a user who searches', 'search', true, false, `${USER}, "search";q=60;w=60`],
    ['a user who uploads', 'upload', true, false, `${USER}, "upload";q=20;w=60`],
    ['a user who wants a code', 'code', true, false, `${USER}, "code";q=20;w=3600`],
  ] as const)('of %s are these by default', (_who, limit, isSignedIn, hasSubject, policy) => {
    expect(planOf({ limit, isSignedIn, hasSubject, isKnown: false }).policy).toBe(policy);
  });

  it.each([
    ['signing in', 'login', true, `"login";q=5;w=60, ${LOGIN_ADDRESS}`],
    ['signing in to nothing readable', 'login', false, LOGIN_ADDRESS],
    ['refreshing', 'refresh', true, '"refresh";q=10;w=60'],
    ['registering', 'register', false, '"register";q=10;w=60'],
    ['asking for a code', 'code', false, '"code_address";q=60;w=3600'],
    ['looking at images', 'media', false, '"media";q=6000;w=60'],
    ['opening a page to pay at', 'payment_page', true, '"payment_page";q=30;w=60'],
    ['a provider', 'webhook', true, '"webhook";q=600;w=60'],
    ['asking for health', 'health', false, '"health";q=60;w=60'],
  ] as const)('of %s count nothing else', (_what, limit, hasSubject, policy) => {
    expect(planOf({ limit, isSignedIn: false, hasSubject, isKnown: false }).policy).toBe(policy);
  });

  it.each(['refresh', 'payment_page', 'webhook'] as const)(
    'of %s are the general ones where the request is about nothing that exists',
    (limit) => {
      expect(planOf({ limit, isSignedIn: false, hasSubject: false, isKnown: false }).policy).toBe(
        ANONYMOUS,
      );
    },
  );

  it('of signing in leave the address out of it where the account is known there', () => {
    const kind = { limit: 'login', isSignedIn: false, hasSubject: true, isKnown: true } as const;
    expect(planOf(kind).policy).toBe('"login";q=5;w=60');
    expect([distinguishesStrangers('login'), distinguishesStrangers('refresh')]).toEqual([
      true,
      false,
    ]);
  });

  it('wait for the body where it identifies the subject of the request', () => {
    expect([asksForSubject('login'), asksForSubject('refresh'), asksForSubject('media')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('may hold for requests with a certain parameter only', () => {
    expect([parameterOf('search'), parameterOf('upload')]).toEqual(['search', undefined]);
  });
});
