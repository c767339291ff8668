import { describe, expect, it } from 'vitest';
import { findSimilarName } from './similar-name.ts';

const KNOWN = ['PORT', 'HOST', 'CACHE', 'LOG_LEVEL', 'DATABASE_URL', 'RATE_LIMIT_LOGIN'];

describe('a name that is meant', () => {
  it.each([
    ['RATE_LIMIT_LOGINS', 'RATE_LIMIT_LOGIN'],
    ['RATELIMIT_LOGIN', 'RATE_LIMIT_LOGIN'],
    ['RATE_LIMITS_LOGINS', 'RATE_LIMIT_LOGIN'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['CACHES', 'CACHE'],
  ])('%s is found to be like %s', (name, meant) => {
    expect(findSimilarName(name, KNOWN)).toBe(meant);
  });

  it.each(['PATH', 'HOME', 'POST', 'PORTS', 'TEST_DATABASE_URL', 'LANG', '', 'npm_config_cache'])(
    '%j is like none: of short names nothing is guessed',
    (name) => {
      expect(findSimilarName(name, KNOWN)).toBeUndefined();
    },
  );

  it('is the nearest one of several', () => {
    expect(findSimilarName('SHED_LIMITS', ['SHED_LIMIT_A', 'SHED_LIMIT'])).toBe('SHED_LIMIT');
  });
});
