// The secrets of second factors: encrypted at rest, bound to their user; recovery codes that are kept as hashes.
import { createCipheriv, createDecipheriv, createHmac, randomBytes, randomInt } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Without letters and digits that people confuse. */
const RECOVERY_ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const RECOVERY_GROUP_LENGTH = 5;

/** Sealed for one user: in another user's row it cannot be opened. */
export function sealSecret(key: Buffer, user_id: string, secret: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(user_id));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** @throws Error where the key, the user or a byte is not the same */
export function openSecret(key: Buffer, user_id: string, sealed: Buffer): string {
  const iv = sealed.subarray(0, IV_BYTES);
  const tag = sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(user_id))
    .setAuthTag(tag);
  return Buffer.concat([
    decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)),
    decipher.final(),
  ]).toString('utf8');
}

/** `h7k2m-9pqrs`: about 49 bits. */
export function makeRecoveryCode(): string {
  const group = () =>
    Array.from(
      { length: RECOVERY_GROUP_LENGTH },
      () => RECOVERY_ALPHABET[randomInt(RECOVERY_ALPHABET.length)],
    ).join('');
  return `${group()}-${group()}`;
}

export function hashRecoveryCode(key: Buffer, user_id: string, code: string): Buffer {
  return createHmac('sha256', key).update(`recovery:${user_id}:${code.toLowerCase()}`).digest();
}
