import { describe, expect, it } from 'vitest';
import { isNameReviewed, standingAfter } from './sellers.rules.ts';

const pending = { status: 'PENDING', suspended_from: null } as const;
const verified = { status: 'VERIFIED', suspended_from: null } as const;
const suspended = (suspended_from: 'PENDING' | 'VERIFIED' | null) =>
  ({ status: 'SUSPENDED', suspended_from }) as const;

describe('the standing of a seller', () => {
  it.each([
    ['verify', pending, verified],
    ['verify', verified, undefined],
    ['verify', suspended('PENDING'), undefined],
    ['suspend', pending, suspended('PENDING')],
    ['suspend', verified, suspended('VERIFIED')],
    ['suspend', suspended('VERIFIED'), undefined],
    ['reinstate', verified, undefined],
    ['reinstate', suspended('VERIFIED'), verified],
    ['reinstate', suspended('PENDING'), pending],
    ['reinstate', suspended(null), pending],
  ] as const)('after %s of %j is %j', (action, before, after) => {
    expect(standingAfter(action, before)).toEqual(after);
  });

  it.each([
    [pending, false],
    [suspended('PENDING'), false],
    [verified, true],
    [suspended('VERIFIED'), true],
  ] as const)('of %j decides whether a new name is looked at: %s', (standing, isReviewed) => {
    expect(isNameReviewed(standing)).toBe(isReviewed);
  });
});
