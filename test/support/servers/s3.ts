// An S3 server for tests: OpenStack Swift with its S3 API, behind a wire that tests can cut. It checks signatures, and the
// bodies that they cover.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createS3Client, type S3Options } from '../../../src/gateways/storage/s3-client.ts';
import { newId } from '../../../src/lib/ids.ts';
import { systemClock } from '../../../src/lib/time.ts';
import { createWire, type Wire } from '../network/wire.ts';

/** Of Debian, whose packages the system's own Python finds. */
const PYTHON = '/usr/bin/python3';
/** The library: which package has the programs differs between versions. */
const SWIFT = '/usr/lib/python3/dist-packages/swift/__init__.py';
const SERVER = join(import.meta.dirname, 'swift/server.py');
const KEY = { accessKeyId: 'freshbytes:uploads', secretAccessKey: 'a-key-of-tests' };

/** Tests that need it are skipped without it, unless it is said that they must run. */
export const hasS3 = existsSync(SWIFT) || process.env['REQUIRE_S3'] === '1';
/** Its servers are loaded one after the other. */
export const S3_START_TIMEOUT_MS = 60_000;

export interface TestS3 extends Wire {
  /** How a client reaches a new and empty bucket. */
  createBucket(): Promise<S3Options>;
}

export async function createTestS3(): Promise<TestS3> {
  const folder = await mkdtemp(join(tmpdir(), 'freshbytes-s3-'));
  const args = [SERVER, folder, KEY.accessKeyId, KEY.secretAccessKey];
  const server = spawn(PYTHON, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  const port = await Promise.race([
    once(server.stdout, 'data').then(([data]) => Number(String(data))),
    ended.then(() => Promise.reject(new Error('Swift ended before it answered'))),
  ]);
  const wire = await createWire({ host: '127.0.0.1', port });
  return {
    ...wire,
    createBucket: async () => {
      const options = {
        ...KEY,
        endpoint: `http://127.0.0.1:${wire.port}`,
        bucket: `uploads-${newId()}`,
        region: 'us-east-1',
        clock: systemClock,
      };
      await createS3Client(options)({ method: 'PUT' });
      return options;
    },
    close: async () => {
      await wire.close();
      server.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** The settings of a process that uses this bucket. */
export function s3Settings(options: S3Options): Record<string, string> {
  return {
    S3_ENDPOINT: options.endpoint,
    S3_BUCKET: options.bucket,
    S3_ACCESS_KEY_ID: options.accessKeyId,
    S3_SECRET_ACCESS_KEY: options.secretAccessKey,
  };
}
