import { describe, expect, it } from 'vitest';
import { DEFAULT_PAUSE_MS, MAX_PAUSE_MS, parseDsn, pauseAfter } from './sentry-protocol.ts';

const NOW = new Date('2026-01-01T00:00:00Z');

describe('parseDsn', () => {
  it.each([
    ['https://abc@sentry.example.com/42', 'https://sentry.example.com/api/42/envelope/'],
    ['http://abc:old@127.0.0.1:9000/1', 'http://127.0.0.1:9000/api/1/envelope/'],
    ['https://abc@[::1]:9000/1', 'https://[::1]:9000/api/1/envelope/'],
    ['https://abc@example.com/errors/in/7', 'https://example.com/errors/in/api/7/envelope/'],
  ])('reads %s', (dsn, url) => {
    expect(parseDsn(dsn)).toEqual({ url, key: 'abc' });
  });

  it.each([
    '',
    'https://example.com/42',
    'https://s3cret@example.com/',
    'ftp://s3cret@example.com/1',
  ])('refuses %j without repeating it', (dsn) => {
    expect(() => parseDsn(dsn)).toThrow(/^SENTRY_DSN has the wrong form$/);
  });
});

describe('pauseAfter', () => {
  const pause = (status: number, headers: Record<string, string> = {}) =>
    pauseAfter(new Response(null, { status, headers }), NOW);

  it.each([
    [200, {}, 0],
    [500, { 'retry-after': '7' }, 0],
    [429, {}, DEFAULT_PAUSE_MS],
    [429, { 'retry-after': '7' }, 7_000],
    [429, { 'retry-after': '0.5' }, 500],
    [429, { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 9_000],
    [429, { 'retry-after': 'Thu, 01 Jan 2025 00:00:00 GMT' }, 0],
    [429, { 'retry-after': 'whenever' }, DEFAULT_PAUSE_MS],
    [429, { 'retry-after': '99999999' }, MAX_PAUSE_MS],
  ])('an answer %i with %j asks for %i ms', (status, headers, expected) => {
    expect(pause(status, headers)).toBe(expected);
  });

  it.each([
    ['60:error:organization', 60_000],
    ['60::organization', 60_000],
    ['60', 60_000],
    ['60:transaction;error:key', 60_000],
    ['60:transaction:key', 0],
    ['60:transaction:key, 30:error:organization', 30_000],
    ['5:error:key, 30::organization', 30_000],
    [':error:key', DEFAULT_PAUSE_MS],
    ['99999999:error:key', MAX_PAUSE_MS],
    ['-5:error:key', 0],
    ['', DEFAULT_PAUSE_MS],
  ])('limits "%s" ask for %i ms, whatever the status', (limits, expected) => {
    expect(pause(200, { 'x-sentry-rate-limits': limits })).toBe(expected);
    expect(pause(429, { 'x-sentry-rate-limits': limits, 'retry-after': '1' })).toBe(expected);
  });
});
