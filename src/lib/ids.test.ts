import { describe, expect, it } from 'vitest';
import { isUuid, newId } from './ids.ts';

describe('newId', () => {
  it('makes UUIDs of version 7 that carry the time', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const made_at = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
    expect(made_at).toBeGreaterThanOrEqual(before);
    expect(made_at).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('makes ids that differ and sort in the order in which they were made', () => {
    const ids = Array.from({ length: 10_000 }, newId);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('isUuid', () => {
  it.each([
    newId(),
    '00000000-0000-0000-0000-000000000000',
    '0190A6C0-7D53-7CC1-B2A1-5B3F1F0C9A11',
  ])('knows %s', (text) => {
    expect(isUuid(text)).toBe(true);
  });

  it.each([
    '',
    'OID-2026-000001',
    '0190a6c07d537cc1b2a15b3f1f0c9a11',
    '{0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11}',
    'urn:uuid:0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11',
    '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11\n',
    '0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a1g',
    ' 0190a6c0-7d53-7cc1-b2a1-5b3f1f0c9a11',
  ])('refuses %j', (text) => {
    expect(isUuid(text)).toBe(false);
  });
});
