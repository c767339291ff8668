// Keys that are derived from APP_SECRET: one for each purpose, so that what one use signs means nothing to another.
import { hkdfSync } from 'node:crypto';
import type { Config } from '../config.ts';
import { appSecret } from '../lib/keys/app-secret.ts';
import { type KeyRing, keyRing, mapRing } from '../lib/keys/key-ring.ts';

const KEY_BYTES = 32;

/** 32 bytes for each secret of the list, the same for the same purpose on every process. */
export function deriveKeys(appSecret: string, purpose: string): KeyRing<Buffer> {
  return mapRing(keyRing(appSecret), (secret) =>
    Buffer.from(hkdfSync('sha256', secret, '', `freshbytes:${purpose}`, KEY_BYTES)),
  );
}

/** Of the secret that this process was started with. @throws Error without one, which no server starts without */
export function configuredKeys(
  config: Config,
  purpose: 'one-time-code' | 'contact-undo',
): KeyRing<Buffer> {
  return deriveKeys(appSecret(config), purpose);
}
