import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config.ts';
import { countsAccounts, createPlans, parameterOf, parseRate } from './rate-rules.ts';

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
  const GENERAL = { anonymous: '"anonymous";q=100;w=3600', user: '"user";q=1000;w=3600' };
  const BURST = '"burst";q=60;w=60';

  it.each([
    ['nobody', undefined, false, `${GENERAL.anonymous}, ${BURST}`],
    ['a user', undefined, true, `${GENERAL.user}, ${BURST}`],
    ['signing in', 'login', false, `${GENERAL.anonymous}, ${BURST}, "login_address";q=20;w=60`],
    ['registering', 'register', false, `${GENERAL.anonymous}, ${BURST}, "register";q=3;w=60`],
    ['sending a code', 'code', true, `${GENERAL.user}, ${BURST}, "code";q=20;w=3600`],
    ['searching', 'search', false, `${GENERAL.anonymous}, ${BURST}, "search";q=30;w=60`],
    ['uploading', 'upload', true, `${GENERAL.user}, ${BURST}, "upload";q=20;w=60`],
  ] as const)('of %s are these by default', (_who, limit, isSignedIn, policy) => {
    expect(planOf({ limit, isSignedIn, hasAccount: false }).policy).toBe(policy);
  });

  it('are those per account once the account is known', () => {
    expect(planOf({ limit: 'login', isSignedIn: false, hasAccount: true }).policy).toBe(
      '"login";q=5;w=60',
    );
    expect([countsAccounts('login'), countsAccounts('register')]).toEqual([true, false]);
  });

  it('may hold for requests with a certain parameter only', () => {
    expect([parameterOf('search'), parameterOf('upload')]).toEqual(['search', undefined]);
  });
});
