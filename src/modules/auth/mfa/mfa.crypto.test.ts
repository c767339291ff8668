// Sealed secrets and recovery codes by themselves.
import { describe, expect, it } from 'vitest';
import { newId } from '../../../lib/ids.ts';
import { openSecret, sealSecret } from '../../../lib/keys/sealed.ts';
import { hashRecoveryCode, makeRecoveryCode } from './mfa.crypto.ts';

describe('a sealed secret', () => {
  const [first, second, stranger] = [7, 8, 9].map((byte) => Buffer.alloc(32, byte)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const user_id = newId();

  it('opens for its user and key alone, and never after a change', () => {
    const sealed = sealSecret([first], user_id, 'JBSWY3DPEHPK3PXP');
    const opened = { secret: 'JBSWY3DPEHPK3PXP', isCurrent: true };
    expect(openSecret([first], user_id, sealed)).toEqual(opened);
    expect(openSecret([first], newId(), sealed)).toBeUndefined();
    expect(openSecret([stranger], user_id, sealed)).toBeUndefined();
    for (const position of [0, 12, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[position] = (changed[position] ?? 0) ^ 1;
      expect(openSecret([first, second], user_id, changed)).toBeUndefined();
    }
  });

  it('never looks the same twice', () => {
    expect(sealSecret([first], user_id, 'same')).not.toEqual(sealSecret([first], user_id, 'same'));
  });

  it('is sealed with the first key, and reports when another key opened it', () => {
    const sealed = sealSecret([second, first], user_id, 'same');
    expect(openSecret([first], user_id, sealed)).toBeUndefined();
    expect(openSecret([first, second], user_id, sealed)).toEqual({
      secret: 'same',
      isCurrent: false,
    });
  });

  it('is none where it is too short to hold what it must', () => {
    expect(openSecret([first], user_id, Buffer.from('short'))).toBeUndefined();
  });
});

it('hashes a recovery code differently for each user and factor, and in any case of letters', () => {
  const [user_id, other_id] = [newId(), newId()];
  const hash = (secret: string, id: string, recovery_code: string) =>
    hashRecoveryCode(secret, id, recovery_code).toString('hex');
  const hashes = [
    hash('JBSWY3DPEHPK3PXP', user_id, 'h7k2m-9pqrs'),
    hash('JBSWY3DPEHPK3PXP', other_id, 'h7k2m-9pqrs'),
    hash('KBSWY3DPEHPK3PXP', user_id, 'h7k2m-9pqrs'),
    hash('JBSWY3DPEHPK3PXP', user_id, 'h7k2m-9pqrt'),
  ];
  expect(new Set(hashes).size).toBe(4);
  expect(hash('JBSWY3DPEHPK3PXP', user_id, 'H7K2M-9PQRS')).toBe(hashes[0]);
});

it('makes recovery codes without letters and digits that look alike', () => {
  const codes = Array.from({ length: 200 }, makeRecoveryCode);
  for (const code of codes) expect(code).toMatch(/^[2-9a-hjkmnp-z]{5}-[2-9a-hjkmnp-z]{5}$/);
  expect(new Set(codes).size).toBe(codes.length);
});
