// Secrets at rest: encrypted, and bound to whom they belong.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Sealed with the first key for one owner: in another owner's row it cannot be opened. */
export function sealSecret([key]: KeyRing<Buffer>, owner_id: string, secret: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(owner_id));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

export interface OpenedSecret {
  readonly secret: string;
  /** Whether the first key sealed it. */
  readonly isCurrent: boolean;
}

/** Undefined where the owner or a byte is not the same, or none of the keys is. */
export function openSecret(
  keys: KeyRing<Buffer>,
  owner_id: string,
  sealed: Buffer,
): OpenedSecret | undefined {
  for (const key of keys) {
    const secret = decrypt(key, owner_id, sealed);
    if (secret !== undefined) return { secret, isCurrent: key === keys[0] };
  }
  return undefined;
}

function decrypt(key: Buffer, owner_id: string, sealed: Buffer): string | undefined {
  if (sealed.length < IV_BYTES + TAG_BYTES) return undefined;
  const iv = sealed.subarray(0, IV_BYTES);
  const tag = sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(owner_id))
    .setAuthTag(tag);
  try {
    const text = decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    // That the tag does not fit is all that is ever wrong here, and Node has no code for it.
    return undefined;
  }
}
