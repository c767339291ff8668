// Which storage this process uses: the one that STORAGE names, and behind it, while files move, the other one.
import { join } from 'node:path';
import { type Config, ConfigError } from '../../config.ts';
import { systemClock } from '../../lib/time.ts';
import { createDiskStorage } from './disk-storage.ts';
import { createS3Storage } from './s3-storage.ts';
import type { FileStorage } from './storage.ts';

export type StorageName = Config['STORAGE'];

interface StorageOptions {
  /** Whether a file on disk outlives a loss of power the moment that it is put. */
  readonly isDurable?: boolean;
}

/** Connects to nothing yet. */
export function createStorage(config: Config, options: StorageOptions = {}): FileStorage {
  const storage = openStorage(config, config.STORAGE, options);
  if (config.STORAGE_FALLBACK === undefined) return storage;
  return withFallback(storage, openStorage(config, config.STORAGE_FALLBACK, options));
}

/**
 * One of the two, whichever is in use.
 * @throws ConfigError where a setting of S3 is missing
 */
export function openStorage(
  config: Config,
  name: StorageName,
  options: StorageOptions = {},
): FileStorage {
  if (name === 'disk') return createDiskStorage(uploadsFolder(config), options);
  const required = (
    setting: 'S3_ENDPOINT' | 'S3_BUCKET' | 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY',
  ) => {
    const value = config[setting];
    if (value === undefined) throw new ConfigError(`${setting} is missing`);
    return value;
  };
  return createS3Storage({
    endpoint: required('S3_ENDPOINT'),
    bucket: required('S3_BUCKET'),
    region: config.S3_REGION,
    accessKeyId: required('S3_ACCESS_KEY_ID'),
    secretAccessKey: required('S3_SECRET_ACCESS_KEY'),
    // The machine's clock, not the service's: it measures how long a server is away.
    clock: systemClock,
  });
}

/** Where files lie that people, or the seed, upload while STORAGE is `disk`. */
export function uploadsFolder({ DATA_DIR }: Pick<Config, 'DATA_DIR'>): string {
  return join(DATA_DIR, 'uploads');
}

/** Puts into `storage` and finds in both, so that no image is missing while files move from `fallback`. */
export function withFallback(storage: FileStorage, fallback: FileStorage): FileStorage {
  return {
    ...storage,
    get: async (key) => (await storage.get(key)) ?? fallback.get(key),
    digest: async (key) => (await storage.digest(key)) ?? fallback.digest(key),
    async remove(key) {
      await fallback.remove(key);
      await storage.remove(key);
    },
  };
}
