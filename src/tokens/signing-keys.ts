// Where secrets come from: the environment; in development a file that is made once; in tests nothing is kept.
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { type Config, ConfigError } from '../config.ts';
import { recover } from '../lib/errors.ts';
import { type KeyRing, keyRing, mapRing } from '../lib/keys/key-ring.ts';
import { parseSigningKey } from '../lib/keys/signing-key.ts';

const FILE_NAME = 'keys.json';
const APP_SECRET_BYTES = 32;

export interface Secrets {
  /** Ed25519; the first signs, all verify. */
  readonly privateKeys: KeyRing<KeyObject>;
  /** A ring, as in APP_SECRET. */
  readonly appSecret: string;
}

const StoredSecrets = Type.Object({
  app_secret: Type.String({ minLength: 32 }),
  /** PKCS #8 as base64 of the DER, as in JWT_PRIVATE_KEYS. */
  private_key: Type.String({ minLength: 1 }),
});
type StoredSecrets = Static<typeof StoredSecrets>;

/** @throws ConfigError where a key of the environment or of the file is not an Ed25519 key */
export async function loadSecrets(config: Config): Promise<Secrets> {
  const { private_key, app_secret } = await givenOrKept(config);
  return { privateKeys: mapRing(keyRing(private_key), getSigningKey), appSecret: app_secret };
}

async function givenOrKept(config: Config): Promise<StoredSecrets> {
  const { APP_SECRET: app_secret, JWT_PRIVATE_KEYS: private_key } = config;
  if (app_secret !== undefined && private_key !== undefined) return { app_secret, private_key };
  const kept = await keptSecrets(config);
  return {
    app_secret: app_secret ?? kept.app_secret,
    private_key: private_key ?? kept.private_key,
  };
}

async function keptSecrets(config: Config): Promise<StoredSecrets> {
  if (config.isProduction)
    throw new ConfigError('APP_SECRET and JWT_PRIVATE_KEYS must be given in production');
  if (!config.isDevelopment) return makeSecrets();
  const path = join(config.DATA_DIR, FILE_NAME);
  return (await readSecrets(path)) ?? (await keepSecrets(config.DATA_DIR, path));
}

async function readSecrets(path: string): Promise<StoredSecrets | undefined> {
  const text = await readFile(path, 'utf8').catch(recover(undefined, 'ENOENT'));
  if (text === undefined) return undefined;
  const stored = parseStored(text);
  if (stored !== undefined) return stored;
  throw new ConfigError(
    `${path} is not as it was written; remove it to sign everybody out and begin anew`,
  );
}

function parseStored(text: string): StoredSecrets | undefined {
  try {
    const stored: unknown = JSON.parse(text);
    return Value.Check(StoredSecrets, stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all; of two processes that start at once, both use the file of the first. */
async function keepSecrets(dataDir: string, path: string): Promise<StoredSecrets> {
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(makeSecrets()));
    await file.sync();
    await link(draft, path).catch(recover(undefined, 'EEXIST'));
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  const kept = await readSecrets(path);
  if (kept === undefined) throw new ConfigError(`${path} disappeared while it was being made`);
  return kept;
}

function makeSecrets(): StoredSecrets {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    app_secret: randomBytes(APP_SECRET_BYTES).toString('base64url'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
  };
}

function getSigningKey(base64: string): KeyObject {
  const key = parseSigningKey(base64);
  if (key !== undefined) return key;
  throw new ConfigError(`The signing key in ${FILE_NAME} is no Ed25519 private key`);
}
