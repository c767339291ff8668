// A signing key that is made anew for each test file, so that none is committed.
import { generateKeyPairSync } from 'node:crypto';

/** As `JWT_PRIVATE_KEYS` takes it: Ed25519, PKCS #8, base64 of the DER. */
export function makePrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519');
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
}
