// The settings of a production install, with secrets made for this run and limits that nobody reaches.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type Config, Environment, loadConfig } from '../../src/config.ts';

export interface Production {
  readonly env: Readonly<Record<string, string>>;
  /** The same, as the API reads it. */
  readonly config: Config;
}

const SECRET_BYTES = 32;
/** On, and counted for every request; never reached. */
const NO_LIMIT = '9999999/second';

/** Jobs run in a process of their own in production, which is not measured: none runs here. */
export function productionSettings(dataDir: string): Production {
  const { privateKey } = generateKeyPairSync('ed25519');
  const limits = Object.keys(Environment.properties).filter((name) =>
    name.startsWith('RATE_LIMIT_'),
  );
  const env = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PUBLIC_URL: 'https://api.freshbytes.ph',
    MAIL_FROM: 'FreshBytes <no-reply@freshbytes.ph>',
    SECURITY_CONTACT: 'mailto:security@freshbytes.ph',
    DATA_DIR: dataDir,
    APP_SECRET: randomBytes(SECRET_BYTES).toString('base64url'),
    JWT_PRIVATE_KEYS: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    METRICS_TOKEN: randomBytes(SECRET_BYTES).toString('base64url'),
    PAYMENT_PROVIDER: 'none',
    // Without jobs nothing is sent; what stands here only has to be there.
    SMTP_URL: 'smtp://127.0.0.1:2525',
    SEMAPHORE_API_KEY: randomBytes(SECRET_BYTES).toString('base64url'),
    WORKER: 'off',
    LOG_LEVEL: 'info',
    RATE_LIMITS: 'on',
    ...Object.fromEntries(limits.map((name) => [name, NO_LIMIT])),
  };
  const config = loadConfig({ ...env, DATABASE_URL: 'postgres://localhost/bench' }, 'bench');
  return { env, config };
}
