// What an S3 server may do to whoever depends on it: refuse, hang, break, come back, or hold something else than was put.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { movableClock, type TestClock } from '../../../test/support/clock.ts';
import {
  createTestS3,
  hasS3,
  S3_START_TIMEOUT_MS,
  type TestS3,
} from '../../../test/support/servers/s3.ts';
import { isProblem, SERVICE_UNAVAILABLE } from '../../lib/problem.ts';
import { SECOND_MS } from '../../lib/time.ts';
import { createS3Client, type S3Options } from './s3-client.ts';
import { createS3Storage } from './s3-storage.ts';
import { digestOf, StorageRefused } from './storage.ts';

const KEY = 'images/a/small.webp';
const CONTENT = Buffer.from('content');
const TIMEOUT_MS = 300;

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
const isUnavailable = async (work: Promise<unknown>) =>
  isProblem(await failureOf(work), SERVICE_UNAVAILABLE);

async function elapsed(work: Promise<unknown>): Promise<number> {
  const started_ms = performance.now();
  await failureOf(work);
  return performance.now() - started_ms;
}

describe.skipIf(!hasS3)('an S3 server', () => {
  let s3: TestS3;
  let options: S3Options;
  let clock: TestClock;
  beforeAll(async () => {
    s3 = await createTestS3();
    clock = movableClock();
    options = { ...(await s3.createBucket()), clock };
    await createS3Storage(options).put(KEY, CONTENT);
  }, S3_START_TIMEOUT_MS);
  afterAll(() => s3.close());
  afterEach(() => comeBack());
  /** What was swallowed stays dead: a server that comes back knows nothing of old connections, and says so. */
  const comeBack = () => {
    s3.cut();
    s3.restore();
  };

  it.each([
    ['a wrong secret', { secretAccessKey: 'another' }, 'SignatureDoesNotMatch'],
    ['an unknown key', { accessKeyId: 'nobody:here' }, 'SignatureDoesNotMatch'],
    ['a bucket that is not there', { bucket: 'not-there' }, 'NoSuchBucket'],
    ['another region', { region: 'elsewhere-1' }, 'AuthorizationHeaderMalformed'],
  ])('that refuses %s is quoted by its code alone', async (_what, wrong, code) => {
    const storage = createS3Storage({ ...options, ...wrong });
    for (const work of [() => storage.get(KEY), () => storage.put(KEY, CONTENT)]) {
      const error = await failureOf(work());
      expect(error).toBeInstanceOf(StorageRefused);
      expect(String(error)).toContain(code);
      expect(String(error)).not.toContain(options.secretAccessKey);
      expect(String(error)).not.toContain(options.accessKeyId);
    }
  });

  it('that is away is told of at once, and serves again when it is back', async () => {
    const storage = createS3Storage(options);
    s3.cut();
    expect(await isUnavailable(storage.get(KEY))).toBe(true);
    expect(await isUnavailable(storage.put(KEY, CONTENT))).toBe(true);
    expect(await isUnavailable(storage.remove(KEY))).toBe(true);
    s3.restore();
    clock.advance(2 * SECOND_MS);
    expect(await storage.get(KEY)).toEqual(CONTENT);
  });

  it('that swallows everything costs some callers their time, and nobody after them', async () => {
    const storage = createS3Storage({ ...options, timeout_ms: TIMEOUT_MS });
    expect(await storage.get(KEY)).toEqual(CONTENT);
    s3.swallow();
    for (let call = 0; call < 3; call += 1)
      expect(await isUnavailable(storage.get(KEY))).toBe(true);
    expect(await elapsed(storage.get(KEY))).toBeLessThan(TIMEOUT_MS / 2);
    comeBack();
    clock.advance(2 * SECOND_MS);
    expect(await storage.get(KEY)).toEqual(CONTENT);
  });

  it('that swallows everything does not gather callers without end', async () => {
    const storage = createS3Storage({ ...options, timeout_ms: TIMEOUT_MS });
    s3.swallow();
    const calls = Array.from({ length: 100 }, () => isUnavailable(storage.get(KEY)));
    expect(await elapsed(storage.get(KEY))).toBeLessThan(TIMEOUT_MS / 2);
    expect(await Promise.all(calls)).toEqual(Array(100).fill(true));
  });

  it('keeps images under their type', async () => {
    const answer = await createS3Client(options)({ method: 'HEAD', key: KEY });
    expect(answer?.headers.get('content-type')).toBe('image/webp');
  });

  it('that holds something else than was put is not believed', async () => {
    const headers = { 'x-amz-meta-sha256': digestOf(Buffer.from('something else')) };
    await createS3Client(options)({ method: 'PUT', key: 'images/b', headers, body: CONTENT });
    await expect(createS3Storage(options).get('images/b')).rejects.toThrow('is not what was put');
  });

  it('may hold what another client put there', async () => {
    await createS3Client(options)({ method: 'PUT', key: 'images/c', body: CONTENT });
    const storage = createS3Storage(options);
    expect(await storage.get('images/c')).toEqual(CONTENT);
    expect(await storage.digest('images/c')).toBe(digestOf(CONTENT));
    await createS3Client(options)({ method: 'PUT', key: 'Not Ours & more', body: CONTENT });
    const listed: string[] = [];
    for await (const { key } of createS3Storage({ ...options, pageSize: 1 }).list())
      listed.push(key);
    expect(listed).not.toContain('Not Ours & more');
    expect(listed).toEqual(expect.arrayContaining([KEY, 'images/c']));
  });
});

describe('an answer of an S3 server', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Answers request by request, and the last way ever after. @returns a storage in front of it, and what was asked */
  async function answering(...ways: readonly RequestListener[]) {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const way = ways[Math.min(asked.length, ways.length - 1)];
      asked.push(`${request.method} ${request.url}`);
      way?.(request, response);
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const storage = createS3Storage({
      endpoint: `http://127.0.0.1:${port}/files/`,
      bucket: 'bucket',
      region: 'us-east-1',
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      clock: movableClock(),
      timeout_ms: TIMEOUT_MS,
    });
    return { storage, asked };
  }
  const status =
    (code: number): RequestListener =>
    (_request, response) =>
      response.writeHead(code).end(CONTENT);
  const hangUp: RequestListener = (request) => request.socket.destroy();
  const trickle: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-length': '7' });
    response.write('con');
  };

  it.each([
    ['429', status(429)],
    ['500', status(500)],
    ['503', status(503)],
    ['a broken connection', hangUp],
  ])('is asked for once more after %s', async (_what, first) => {
    const { storage, asked } = await answering(first, status(200));
    expect(await storage.get(KEY)).toEqual(CONTENT);
    expect(asked).toEqual(Array(2).fill(`GET /files/bucket/${KEY}`));
  });

  it('is asked for no third time, and not again where it was slow', async () => {
    const busy = await answering(status(503));
    expect(await isUnavailable(busy.storage.get(KEY))).toBe(true);
    expect(busy.asked).toHaveLength(2);
    const slow = await answering(trickle);
    expect(await isUnavailable(slow.storage.get(KEY))).toBe(true);
    expect(slow.asked).toHaveLength(1);
  });

  it('that leads elsewhere is a refusal, and not followed', async () => {
    const { storage, asked } = await answering((_request, response) =>
      response.writeHead(307, { location: '/elsewhere' }).end(),
    );
    expect(await failureOf(storage.get(KEY))).toBeInstanceOf(StorageRefused);
    expect(asked).toHaveLength(1);
  });
});
