// Bytes that call themselves multipart and are not, and repeats of uploads under one key.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../../../../test/support/app.ts';
import { requestHash } from '../../../http/intake/idempotency.ts';
import { newId } from '../../../lib/ids.ts';
import { MAX_IMAGE_BYTES } from './images.rules.ts';
import { createImageBench, type ImageBench, multipart } from './images.testkit.ts';

let bench: ImageBench;
let test: TestApp;

beforeAll(async () => {
  bench = await createImageBench();
  ({ test } = bench);
});
afterAll(() => test.close());

function send(payload: Buffer, headers: Record<string, string>, product_id = bench.product_id) {
  const path = `/products/${product_id}/images`;
  return test.call({
    method: 'POST',
    path,
    token: bench.seller.token,
    headers,
    body: payload,
  });
}

describe('a body that is no multipart', () => {
  const whole = () => multipart([{ content: bench.photo }]);

  it.each([
    ['breaks off within the file', (body: Buffer) => body.subarray(0, body.length / 2)],
    ['has no end', (body: Buffer) => body.subarray(0, body.length - 8)],
    ['breaks off within the head of a part', (body: Buffer) => body.subarray(0, 60)],
    ['is empty', () => Buffer.alloc(0)],
    ['has another boundary', () => Buffer.from('--other\r\n\r\nx\r\n--other--\r\n')],
  ])('is a 400 where it %s', async (_what, cut) => {
    const { payload, headers } = whole();
    expect((await send(cut(payload), headers)).json()).toMatchObject({
      status: 400,
      code: 'VALIDATION_ERROR',
    });
  });

  it.each([71, 256, 300, 8_000])(
    'is a 400 where its boundary has %d characters',
    async (length) => {
      const boundary = 'b'.repeat(length);
      const payload = Buffer.from(`--${boundary}\r\n\r\nx\r\n--${boundary}--\r\n`);
      const answer = await send(payload, {
        'content-type': `multipart/form-data; boundary=${boundary}`,
      });
      expect([answer.statusCode, answer.json().code]).toEqual([400, 'VALIDATION_ERROR']);
    },
  );

  it('is never a fault, whatever its bytes', async () => {
    const { payload, headers } = multipart([{ content: 'x'.repeat(40) }]);
    const edit = fc.tuple(
      fc.nat(payload.length - 1),
      fc.uint8Array({ maxLength: 6 }),
      fc.nat(payload.length - 1),
    );
    await fc.assert(
      fc.asyncProperty(edit, async ([at, bytes, to]) => {
        const odd = Buffer.concat([
          payload.subarray(0, at),
          bytes,
          payload.subarray(Math.max(at, to)),
        ]);
        expect((await send(odd, headers)).statusCode).toBeLessThan(500);
      }),
      { numRuns: 150 },
    );
  });
});

describe('an upload under a key', () => {
  async function files(): Promise<string[]> {
    const folder = join(test.services.config.DATA_DIR, 'uploads', 'images');
    const names = await readdir(folder, { recursive: true });
    return names.filter((name) => name.includes('/')).sort();
  }

  it('is done once, and its repeat is answered without work or files', async () => {
    const id = await bench.createProduct();
    const { payload, headers } = multipart([{ content: bench.photo }]);
    const keyed = { ...headers, 'idempotency-key': newId() };
    const first = await send(payload, keyed, id);
    const kept = await files();
    const again = await send(payload, keyed, id);
    expect([again.statusCode, again.headers['idempotency-replayed'], again.body]).toEqual([
      201,
      'true',
      first.body,
    ]);
    expect(await files()).toEqual(kept);
    const other = multipart([{ content: Buffer.concat([bench.photo, Buffer.from('x')]) }]);
    expect((await send(other.payload, keyed, id)).json()).toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('leaves one image and one file, however many come at once', async () => {
    const id = await bench.createProduct();
    const { payload, headers } = multipart([{ content: bench.photo }]);
    const before = await files();
    const keyed = { ...headers, 'idempotency-key': newId() };
    const answers = await Promise.all([1, 2, 3, 4].map(() => send(payload, keyed, id)));
    const statuses = answers.map((answer) => answer.statusCode);
    expect(statuses).toContain(201);
    for (const status of statuses) expect([201, 409]).toContain(status);
    const images = await test.services.db
      .selectFrom('product_images')
      .select('id')
      .where('product_id', '=', id)
      .execute();
    expect(images).toHaveLength(1);
    expect((await files()).filter((name) => !before.includes(name))).toEqual(
      images.map((image) => `${image.id}/original`),
    );
  });

  it('costs the event loop milliseconds of hashing, however large the file', () => {
    const request = {
      method: 'POST',
      path: '/api/v1/products/x/images',
      body: { image: Buffer.alloc(MAX_IMAGE_BYTES, 7) },
    };
    const { user } = process.cpuUsage();
    requestHash(request);
    expect(process.cpuUsage().user - user).toBeLessThan(100_000);
  });
});
