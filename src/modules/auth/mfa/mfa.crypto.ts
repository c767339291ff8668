// Recovery codes of second factors, which are kept as hashes.
import { createHmac, hkdfSync, randomInt } from 'node:crypto';

const RECOVERY_KEY_BYTES = 32;
/** Without letters and digits that people confuse. */
const RECOVERY_ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const RECOVERY_GROUP_LENGTH = 5;

/** `h7k2m-9pqrs`: about 49 bits. */
export function makeRecoveryCode(): string {
  const group = () =>
    Array.from(
      { length: RECOVERY_GROUP_LENGTH },
      () => RECOVERY_ALPHABET[randomInt(RECOVERY_ALPHABET.length)],
    ).join('');
  return `${group()}-${group()}`;
}

/** Keyed by the secret of the factor: nobody could hash these codes anew after a rotation, and so nobody has to. */
export function hashRecoveryCode(secret: string, user_id: string, code: string): Buffer {
  const key = hkdfSync('sha256', secret, '', 'freshbytes:recovery-codes', RECOVERY_KEY_BYTES);
  return createHmac('sha256', Buffer.from(key)).update(`${user_id}:${code.toLowerCase()}`).digest();
}
