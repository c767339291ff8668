// The secrets of second factors: encrypted at rest, bound to their user; recovery codes that are kept as hashes.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  randomInt,
} from 'node:crypto';
import type { KeyRing } from '../../../lib/keys/key-ring.ts';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const RECOVERY_KEY_BYTES = 32;
/** Without letters and digits that people confuse. */
const RECOVERY_ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const RECOVERY_GROUP_LENGTH = 5;

/** Sealed with the first key for one user: in another user's row it cannot be opened. */
export function sealSecret([key]: KeyRing<Buffer>, user_id: string, secret: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(user_id));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

export interface OpenedSecret {
  readonly secret: string;
  /** Whether the first key sealed it. */
  readonly isCurrent: boolean;
}

/** Undefined where the user or a byte is not the same, or none of the keys is. */
export function openSecret(
  keys: KeyRing<Buffer>,
  user_id: string,
  sealed: Buffer,
): OpenedSecret | undefined {
  for (const key of keys) {
    const secret = decrypt(key, user_id, sealed);
    if (secret !== undefined) return { secret, isCurrent: key === keys[0] };
  }
  return undefined;
}

function decrypt(key: Buffer, user_id: string, sealed: Buffer): string | undefined {
  if (sealed.length < IV_BYTES + TAG_BYTES) return undefined;
  const iv = sealed.subarray(0, IV_BYTES);
  const tag = sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(user_id))
    .setAuthTag(tag);
  try {
    const text = decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    // That the tag does not fit is all that is ever wrong here, and Node has no code for it.
    return undefined;
  }
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

/** Keyed by the secret of the factor: nobody could hash these codes anew after a rotation, and so nobody has to. */
export function hashRecoveryCode(secret: string, user_id: string, code: string): Buffer {
  const key = hkdfSync('sha256', secret, '', 'freshbytes:recovery-codes', RECOVERY_KEY_BYTES);
  return createHmac('sha256', Buffer.from(key)).update(`${user_id}:${code.toLowerCase()}`).digest();
}
