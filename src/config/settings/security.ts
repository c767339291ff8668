// Secrets, and who is believed and let in.
import { Flag, OptionalCount, OptionalSecrets, OptionalText } from '../kinds.ts';

/** A year: questions about an order, a payment or an incident come within it. */
const MIN_AUDIT_RETENTION_MONTHS = 12;
const MAX_AUDIT_RETENTION_MONTHS = 1_200;

export const SECURITY_SETTINGS = {
  APP_SECRET: OptionalSecrets(
    32,
    'Signs cursors, codes and links, and encrypts second factors: the first of a comma-separated list; all verify and decrypt',
    {
      production: 'at least 32 random characters',
      command: `node -p "crypto.randomBytes(48).toString('base64url')"`,
    },
  ),
  AUDIT_SEAL_SECRETS: OptionalSecrets(
    32,
    'Seals the audit log: the first of a comma-separated list; all verify; absent: `APP_SECRET`',
  ),
  AUDIT_RETENTION_MONTHS: OptionalCount(
    MIN_AUDIT_RETENTION_MONTHS,
    MAX_AUDIT_RETENTION_MONTHS,
    'How long entries of the audit log are kept before `retention` detaches their months; absent: for ever',
  ),
  JWT_PRIVATE_KEYS: OptionalText(
    'Ed25519 private keys (PKCS #8, base64 of the DER), comma-separated; the first signs access tokens, all verify',
    {
      secret: true,
      kind: 'list of keys',
      production: 'an Ed25519 private key, PKCS #8, base64',
      command: `node -p "crypto.generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')"`,
    },
  ),
  METRICS_TOKEN: OptionalSecrets(
    16,
    'Bearer tokens, comma-separated, each of which may read `/metrics` and the details of `/health`',
    {
      production: 'metrics are never public',
      command: `node -p "crypto.randomBytes(24).toString('base64url')"`,
    },
  ),
  // A name that is no role, or a space before one, would silently ask nobody.
  MFA_REQUIRED_ROLES: OptionalText(
    'Roles that must have a second factor, comma-separated, or `none`; absent: `admin` in production, else `none`',
    { pattern: '^(none|(customer|seller|admin)(,(customer|seller|admin))*)$' },
  ),
  TRUST_PROXY: OptionalText(
    'Proxies whose `X-Forwarded-For` is believed, comma-separated: addresses, networks (`10.244.0.0/16`), `loopback`, `linklocal`, `uniquelocal`',
  ),
  LOCAL_PROXY: OptionalText(
    'In development: address of a proxy that this machine alone can reach, such as that of `compose.demo.yaml`; what it passes on counts as asked by this machine, which shows `/dev`. Refused in production',
    { kind: 'address' },
  ),
  CORS_ORIGINS: OptionalText(
    'Origins that browsers may call from, comma-separated; absent: none, in development those of this machine',
  ),
  HSTS_PRELOAD: Flag(
    'off',
    '`on`: production asks browsers to build HTTPS for this domain and all its subdomains into themselves, which takes months to take back',
  ),
};
