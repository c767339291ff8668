// Sealed secrets and recovery codes by themselves.
import { describe, expect, it } from 'vitest';
import { newId } from '../../lib/ids.ts';
import { makeRecoveryCode, openSecret, sealSecret } from './mfa.crypto.ts';

describe('a sealed secret', () => {
  const key = Buffer.alloc(32, 7);
  const user_id = newId();

  it('opens for its user and key alone, and never after a change', () => {
    const sealed = sealSecret(key, user_id, 'JBSWY3DPEHPK3PXP');
    expect(openSecret(key, user_id, sealed)).toBe('JBSWY3DPEHPK3PXP');
    expect(() => openSecret(key, newId(), sealed)).toThrow();
    expect(() => openSecret(Buffer.alloc(32, 8), user_id, sealed)).toThrow();
    for (const position of [0, 12, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[position] = (changed[position] ?? 0) ^ 1;
      expect(() => openSecret(key, user_id, changed)).toThrow();
    }
  });

  it('never looks the same twice', () => {
    expect(sealSecret(key, user_id, 'same')).not.toEqual(sealSecret(key, user_id, 'same'));
  });
});

it('makes recovery codes of letters and digits that nobody confuses', () => {
  const codes = Array.from({ length: 200 }, makeRecoveryCode);
  for (const code of codes) expect(code).toMatch(/^[2-9a-hjkmnp-z]{5}-[2-9a-hjkmnp-z]{5}$/);
  expect(new Set(codes).size).toBe(codes.length);
});
