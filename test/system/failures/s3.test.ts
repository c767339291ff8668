// Uploads in a bucket: two servers that share it, a bucket that is away, and files that move while people upload.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { checkStorage } from '../../../src/cli/doctor/storage.ts';
import { loadConfig } from '../../../src/config.ts';
import { uploadsFolder } from '../../../src/gateways/storage/create-storage.ts';
import { createDiskStorage } from '../../../src/gateways/storage/disk-storage.ts';
import { moveFiles } from '../../../src/gateways/storage/move-files.ts';
import { S3_PUT_TIMEOUT_MS, type S3Options } from '../../../src/gateways/storage/s3-client.ts';
import { createS3Storage } from '../../../src/gateways/storage/s3-storage.ts';
import type { FileStorage } from '../../../src/gateways/storage/storage.ts';
import {
  makeImageSizesJob,
  removeImageFilesJob,
} from '../../../src/modules/catalog/images/images.jobs.ts';
import { multipart } from '../../../src/modules/catalog/images/images.testkit.ts';
import { createActor, type TestActor } from '../../support/actors.ts';
import { createTestApp, type TestApp } from '../../support/app.ts';
import { createProduct } from '../../support/builders.ts';
import { makePrivateKey } from '../../support/private-key.ts';
import { runCli } from '../../support/processes/cli.ts';
import {
  createTestS3,
  hasS3,
  S3_START_TIMEOUT_MS,
  s3Settings,
  type TestS3,
} from '../../support/servers/s3.ts';

const SAMPLE_MS = 50;
/** For processes that are started twice. */
const LONG_TIMEOUT_MS = 180_000;

describe.skipIf(!hasS3)('uploads in a bucket', () => {
  let s3: TestS3;
  let bucket: S3Options;
  let storage: FileStorage;
  let photo: Buffer;
  const apps: TestApp[] = [];
  /** Processes of one site know each other's tokens. */
  const JWT_PRIVATE_KEYS = makePrivateKey();

  beforeAll(async () => {
    s3 = await createTestS3();
    photo = await sharp({ create: { width: 400, height: 300, channels: 3, background: 'tomato' } })
      .jpeg()
      .toBuffer();
  }, S3_START_TIMEOUT_MS);
  afterAll(() => s3.close());
  afterEach(async () => {
    s3.cut();
    s3.restore();
    for (const app of apps.splice(0).reverse()) await app.close();
  });

  async function open(env: Record<string, string> = {}, poolSize = 1): Promise<TestApp> {
    bucket = await s3.createBucket();
    storage = createS3Storage(bucket);
    const app = await createTestApp({
      poolSize,
      env: { JWT_PRIVATE_KEYS, STORAGE: 's3', ...s3Settings(bucket), ...env },
    });
    apps.push(app);
    return app;
  }

  /** Another process over the same database, with its own disk. */
  async function openBeside(first: TestApp, env: Record<string, string>): Promise<TestApp> {
    const database = { url: first.databaseUrl, drop: async () => {} };
    const app = await createTestApp({
      database,
      clock: first.clock,
      env: { JWT_PRIVATE_KEYS, ...s3Settings(bucket), ...env },
    });
    apps.push(app);
    return app;
  }

  interface Listing {
    readonly seller: TestActor;
    readonly product_id: string;
  }

  async function listProduct(test: TestApp): Promise<Listing> {
    const seller = await createActor(test, { role: 'seller' });
    return { seller, product_id: (await createProduct(test, seller)).id };
  }

  const upload = (test: TestApp, { seller, product_id }: Listing) => {
    const { payload, headers } = multipart([{ content: photo }]);
    const path = `/products/${product_id}/images`;
    return test.call({ method: 'POST', path, token: seller.token, headers, body: payload });
  };

  async function uploadWhole(test: TestApp, listing: Listing): Promise<string> {
    const { id } = (await upload(test, listing)).json();
    await makeImageSizesJob.run(test.system, { image_id: id });
    return id;
  }

  const fetchImage = (test: TestApp, image_id: string) =>
    test.app.inject({ url: `/media/${image_id}/small` });

  const keysOf = async (files: FileStorage) => {
    const keys: string[] = [];
    for await (const { key } of files.list()) keys.push(key);
    return keys.toSorted();
  };

  it('are shown by every process, and gone from all once one removed them', {
    timeout: LONG_TIMEOUT_MS,
  }, async () => {
    const first = await open();
    const second = await openBeside(first, { STORAGE: 's3' });
    const listing = await listProduct(first);
    const id = await uploadWhole(first, listing);
    expect(await keysOf(storage)).toEqual(
      ['large.webp', 'medium.webp', 'original', 'small.webp'].map((name) => `images/${id}/${name}`),
    );
    const [here, there] = [await fetchImage(first, id), await fetchImage(second, id)];
    expect([here.statusCode, there.statusCode]).toEqual([200, 200]);
    expect(there.rawPayload.equals(here.rawPayload)).toBe(true);
    expect(there.headers).toMatchObject({
      'content-type': 'image/webp',
      etag: here.headers.etag,
      'cache-control': here.headers['cache-control'],
    });
    expect(await first.metrics.render()).toContain(
      'storage_requests_total{operation="put",result="done"} 4',
    );

    const path = `/products/${listing.product_id}/images/${id}`;
    const { statusCode } = await second.call({
      method: 'DELETE',
      path,
      token: listing.seller.token,
    });
    expect(statusCode).toBe(204);
    await removeImageFilesJob.run(second.system, { image_id: id });
    expect((await fetchImage(first, id)).statusCode).toBe(404);
    expect(await keysOf(storage)).toEqual([]);
  });

  it('are refused with 503 while the bucket is away, and everything else goes on', async () => {
    const test = await open();
    const listing = await listProduct(test);
    const id = await uploadWhole(test, listing);
    const { etag } = (await fetchImage(test, id)).headers;
    s3.cut();
    const image = await fetchImage(test, id);
    expect(image.json()).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
    expect(image.headers).toMatchObject({ 'cache-control': 'no-store', 'retry-after': '2' });
    expect(image.headers.etag).toBeUndefined();
    expect((await upload(test, listing)).json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    // Whoever has the image is told that it is still the same without anybody asking the bucket.
    const again = { url: `/media/${id}/small`, headers: { 'if-none-match': String(etag) } };
    expect((await test.app.inject(again)).statusCode).toBe(304);
    const product = await test.call({ path: `/products/${listing.product_id}` });
    expect(product.json().images).toHaveLength(1);
    const health = await test.call({ path: '/health' });
    expect([health.statusCode, health.json()]).toMatchObject([
      200,
      { status: 'degraded', checks: { storage: { status: 'degraded' } } },
    ]);
    s3.restore();
    await expect
      .poll(async () => (await fetchImage(test, id)).statusCode, { timeout: 10_000 })
      .toBe(200);
  });

  it('hold no transaction and nobody else up while the bucket swallows everything', async () => {
    const test = await open({}, 4);
    const listing = await listProduct(test);
    s3.swallow();
    let isWaiting = true;
    const waiting = upload(test, listing).finally(() => {
      isWaiting = false;
    });
    const started_ms = performance.now();
    for (let sample = 0; sample < 20; sample += 1) {
      expect((await test.call({ path: '/products' })).statusCode).toBe(200);
      expect(await idleTransactions(test)).toBe(0);
      expect(isWaiting).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
    expect(performance.now() - started_ms).toBeLessThan(S3_PUT_TIMEOUT_MS);
    s3.cut();
    expect((await waiting).statusCode).toBe(503);
    expect((await test.call({ path: `/products/${listing.product_id}` })).json().images).toEqual(
      [],
    );
  });

  it(
    'move to a bucket while people upload, and are shown throughout',
    async () => {
      const onDisk = await open({ STORAGE: 'disk', STORAGE_FALLBACK: 's3' });
      const { DATA_DIR } = onDisk.services.config;
      const disk = createDiskStorage(uploadsFolder({ DATA_DIR }));
      const move = (env: Record<string, string>, ...options: string[]) =>
        runCli(['storage', 'move', '--from', 'disk', '--to', 's3', ...options], {
          env: { DATA_DIR, ...s3Settings(bucket), ...env },
        });
      const listing = await listProduct(onDisk);
      const ids = [await uploadWhole(onDisk, listing)];

      const moving = move({ STORAGE: 'disk' });
      ids.push(await uploadWhole(onDisk, listing));
      const moved = await moving;
      expect(moved).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining('STORAGE is still disk'),
      });
      expect((await keysOf(storage)).length).toBeGreaterThanOrEqual(4);
      expect(await keysOf(disk)).toHaveLength(8);

      // One process after the other is told of the new place; those that were not show what the others take.
      const both = await openBeside(onDisk, { DATA_DIR, STORAGE: 's3', STORAGE_FALLBACK: 'disk' });
      ids.push(await uploadWhole(both, listing));
      ids.push(await uploadWhole(onDisk, listing));
      for (const app of [onDisk, both])
        for (const id of ids) expect((await fetchImage(app, id)).statusCode).toBe(200);

      const last = await move({ STORAGE: 's3', STORAGE_FALLBACK: 'disk' }, '--remove');
      expect(last).toMatchObject({
        exitCode: 0,
        stdout: expect.stringMatching(/^12 files: .* 12 removed/),
      });
      expect(await keysOf(disk)).toEqual([]);
      const inBucket = await openBeside(onDisk, { STORAGE: 's3' });
      for (const id of ids) expect((await fetchImage(inBucket, id)).statusCode).toBe(200);
    },
    LONG_TIMEOUT_MS,
  );

  describe('and their move', () => {
    let folder: string;
    let disk: FileStorage;
    const keys = Array.from({ length: 12 }, (_, n) => `images/${n}/original`);
    const onProgress = () => {};
    const options = { isTargetInUse: false, removeMoved: false, onProgress, retryDelay_ms: 50 };

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'moved-'));
      disk = createDiskStorage(folder);
      for (const key of keys) await disk.put(key, Buffer.from(key));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('that breaks off is finished by another, in either direction', async () => {
      const bucket = createS3Storage(await s3.createBucket());
      let puts = 0;
      const broken: FileStorage = {
        ...bucket,
        put: async (key, content) => {
          puts += 1;
          if (puts > 4) throw new Error('killed');
          await bucket.put(key, content);
        },
      };
      await expect(moveFiles({ ...options, from: disk, to: broken })).rejects.toThrow('killed');
      const rest = await moveFiles({ ...options, from: disk, to: bucket });
      expect(rest).toMatchObject({ files: 12, copied: 8, present: 4, removed: 0 });
      expect(await keysOf(bucket)).toEqual(keys.toSorted());

      const other = createDiskStorage(join(folder, 'back'));
      const back = { ...options, from: bucket, to: other, isTargetInUse: true, removeMoved: true };
      expect(await moveFiles(back)).toMatchObject({ copied: 12, removed: 12 });
      expect(await keysOf(bucket)).toEqual([]);
      for (const key of keys) expect(String(await other.get(key))).toBe(key);
      await rm(join(folder, 'back'), { recursive: true });
    });

    it('waits for a bucket that is away for a moment', async () => {
      const bucket = createS3Storage(await s3.createBucket());
      s3.cut();
      const moving = moveFiles({ ...options, from: disk, to: bucket, retryDelay_ms: 500 });
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      s3.restore();
      expect(await moving).toMatchObject({ copied: 12 });
    });

    it('puts nothing in the place of a file in use, and removes nothing that is not there', async () => {
      const bucket = createS3Storage(await s3.createBucket());
      const [key = ''] = keys;
      await bucket.put(key, Buffer.from('newer'));
      const inUse = { ...options, from: disk, to: bucket, isTargetInUse: true };
      expect(await moveFiles({ ...inUse, removeMoved: true })).toMatchObject({
        differing: [key],
        removed: 11,
      });
      expect(String(await bucket.get(key))).toBe('newer');
      expect(await keysOf(disk)).toEqual([key]);
      // Nobody uses it yet: what is there is left from before.
      expect(await moveFiles({ ...options, from: disk, to: bucket })).toMatchObject({ copied: 1 });
      expect(String(await bucket.get(key))).toBe(key);
    });

    it('is no success where the other storage keeps something else', async () => {
      const bucket = createS3Storage(await s3.createBucket());
      const lossy: FileStorage = {
        ...bucket,
        put: (key, content) => bucket.put(key, content.subarray(1)),
      };
      await disk.put('images/whole', Buffer.from('whole'));
      await expect(moveFiles({ ...options, from: disk, to: lossy })).rejects.toThrow(
        'is not in its new place',
      );
    });
  });

  it('are looked after by doctor', async () => {
    const check = (env: Record<string, string>) =>
      checkStorage(loadConfig({ NODE_ENV: 'test', ...env }, '1.0.0'));
    const settings = s3Settings(await s3.createBucket());
    const inUse = { STORAGE: 's3', ...settings };
    expect(await check({})).toMatchObject({ level: 'ok', text: 'uploads on disk' });
    expect(await check(inUse)).toMatchObject({
      level: 'ok',
      text: expect.stringContaining('put, read, listed and removed'),
    });
    expect(await check({ ...inUse, S3_SECRET_ACCESS_KEY: 'wrong' })).toMatchObject({
      level: 'fail',
      text: expect.stringContaining('SignatureDoesNotMatch'),
    });
    expect(await check({ ...settings, S3_BUCKET: 'not-there' })).toMatchObject({
      level: 'warn',
      text: expect.stringMatching(/not in use: .*NoSuchBucket/),
    });
    s3.cut();
    expect(await check(inUse)).toMatchObject({
      level: 'fail',
      text: expect.stringContaining('does not answer'),
    });
  });
});

async function idleTransactions(test: TestApp): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::integer AS count FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'`.execute(
    test.services.db,
  );
  return rows[0]?.count ?? -1;
}
