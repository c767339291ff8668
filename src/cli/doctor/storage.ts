// Checks of the bucket of uploads: whether a file can be put, read, listed and removed again.
import { type Config, ConfigError } from '../../config.ts';
import { openStorage } from '../../gateways/storage/create-storage.ts';
import { type FileStorage, StorageRefused } from '../../gateways/storage/storage.ts';
import { newId } from '../../lib/ids.ts';
import { isProblem } from '../../lib/problem.ts';
import type { Finding } from './finding.ts';

const subject = 'storage';

/** The disk has a check of its own. A bucket that is not used yet is looked at too: files may be about to move there. */
export async function checkStorage(config: Config): Promise<Finding> {
  const { STORAGE, S3_ENDPOINT, S3_BUCKET } = config;
  if (S3_ENDPOINT === undefined) return { level: 'ok', subject, text: 'uploads on disk' };
  const place = `${S3_BUCKET} of ${new URL(S3_ENDPOINT).host}${STORAGE === 's3' ? '' : ', not in use'}`;
  const fault = await findFault(() => openStorage(config, 's3'));
  if (fault === undefined)
    return { level: 'ok', subject, text: `${place}: put, read, listed and removed` };
  return { level: STORAGE === 's3' ? 'fail' : 'warn', subject, text: `${place}: ${fault}` };
}

async function findFault(open: () => FileStorage): Promise<string | undefined> {
  const key = `doctor/${newId()}`;
  const content = Buffer.from(key);
  try {
    const storage = open();
    await storage.put(key, content);
    const found = await storage.get(key);
    for await (const _ of storage.list()) break;
    await storage.remove(key);
    return found?.equals(content) === true ? undefined : 'what was put could not be read again';
  } catch (error) {
    if (error instanceof StorageRefused || error instanceof ConfigError) return error.message;
    if (!isProblem(error)) throw error;
    return `does not answer (${describeCause(error.cause)})`;
  }
}

function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return 'no reason given';
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
