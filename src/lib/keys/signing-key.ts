// Ed25519 keys as settings hold them: PKCS #8, base64 of the DER.
import { createPrivateKey, type KeyObject } from 'node:crypto';

/** Undefined where it is anything else; never throws, because OpenSSL's words could quote the key. */
export function parseSigningKey(base64: string): KeyObject | undefined {
  try {
    const der = Buffer.from(base64.trim(), 'base64');
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
