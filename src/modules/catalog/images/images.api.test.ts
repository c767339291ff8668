import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../../test/support/actors.ts';
import type { TestApp } from '../../../../test/support/app.ts';
import { newId } from '../../../lib/ids.ts';
import { makeImageSizesJob } from './images.jobs.ts';
import { MAX_IMAGE_BYTES, MAX_IMAGES, originalKey, sizeKey } from './images.rules.ts';
import {
  createImageBench,
  type ImageBench,
  LOCATION,
  multipart,
  type Part,
} from './images.testkit.ts';

let bench: ImageBench;
let test: TestApp;

beforeAll(async () => {
  bench = await createImageBench();
  ({ test } = bench);
});
afterAll(() => test.close());

describe('adding an image', () => {
  it('is shown in three sizes once they are made', async () => {
    const id = await bench.createProduct();
    const answer = await bench.upload([{ content: bench.photo }], id);
    expect(answer.statusCode).toBe(201);
    const image = answer.json();
    expect(image).toEqual({
      id: expect.any(String),
      status: 'PROCESSING',
      urls: {
        small: expect.stringMatching(`/media/${image.id}/small\\?until=\\d+&signature=[\\w-]{22}$`),
        medium: expect.stringContaining(`/media/${image.id}/medium?`),
        large: expect.stringContaining(`/media/${image.id}/large?`),
      },
    });
    expect((await bench.media(image.id, 'small')).statusCode).toBe(404);
    await makeImageSizesJob.run(test.system, { image_id: image.id });
    expect(await bench.imagesOf(id)).toEqual([
      {
        id: image.id,
        status: 'READY',
        urls: {
          small: `${test.services.config.publicUrl}/media/${image.id}/small`,
          medium: `${test.services.config.publicUrl}/media/${image.id}/medium`,
          large: `${test.services.config.publicUrl}/media/${image.id}/large`,
        },
      },
    ]);
    const sides = await Promise.all(
      ['small', 'medium', 'large'].map(async (size) => {
        const { width, height, format } = await sharp(
          (await bench.media(image.id, size)).rawPayload,
        ).metadata();
        return [width, height, format];
      }),
    );
    // Upright, because the orientation was applied.
    expect(sides).toEqual([
      [160, 320, 'webp'],
      [400, 800, 'webp'],
      [800, 1600, 'webp'],
    ]);
  });

  it('keeps no metadata, neither in the original nor in what is served', async () => {
    const image = (await bench.upload([{ content: bench.photo }])).json();
    await makeImageSizesJob.run(test.system, { image_id: image.id });
    expect(bench.photo.includes(LOCATION)).toBe(true);
    for (const key of [originalKey(image.id), sizeKey(image.id, 'large')]) {
      const kept = await test.services.gateways.storage.get(key);
      const { exif, icc, xmp, orientation } = await sharp(kept).metadata();
      expect({ exif, icc, xmp, orientation }).toEqual({});
      expect(kept?.includes(LOCATION)).toBe(false);
    }
  });

  it.each(['png', 'webp'] as const)('takes %s and keeps transparency', async (format) => {
    const transparent = sharp({
      create: {
        width: 40,
        height: 40,
        channels: 4,
        background: { r: 0, g: 200, b: 0, alpha: 0.5 },
      },
    });
    const image = (
      await bench.upload([{ content: await transparent.toFormat(format).toBuffer() }])
    ).json();
    const {
      format: kept,
      hasAlpha,
      width,
    } = await sharp(await test.services.gateways.storage.get(originalKey(image.id))).metadata();
    expect({ kept, hasAlpha, width }).toEqual({ kept: 'webp', hasAlpha: true, width: 40 });
  });

  it.each([
    ['a web page that calls itself a JPEG', '<html><script>alert(1)</script></html>', 415],
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg"/>', 415],
    ['a GIF', Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1'), 415],
    ['an empty file', '', 415],
    ['a JPEG that breaks off', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3]), 400],
  ])('refuses %s', async (_fault, content, status) => {
    const answer = await bench.upload([{ content }]);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('refuses more pixels or bytes than the limits', async () => {
    const huge = await sharp({
      create: { width: 6_000, height: 4_001, channels: 3, background: 'white' },
    })
      .png()
      .toBuffer();
    expect((await bench.upload([{ content: huge }])).json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining('24 megapixels'),
    });
    const shape = async (width: number, height: number) => ({
      content: await sharp({ create: { width, height, channels: 3, background: 'white' } })
        .png()
        .toBuffer(),
    });
    expect((await bench.upload([await shape(1, 20_000)])).json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining('12000 pixels a side'),
    });
    expect((await bench.upload([await shape(1_001, 100)])).json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining('10 times'),
    });
    const heavy = Buffer.concat([bench.photo, Buffer.alloc(MAX_IMAGE_BYTES)]);
    expect((await bench.upload([{ content: heavy }])).json()).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
  });

  it.each([
    ['two files', [{ content: 'a' }, { content: 'b' }]],
    ['a text field', [{ content: 'a', filename: null }]],
    ['a part of another name', [{ content: 'a', name: 'photo' }]],
    ['no part', []],
  ])('refuses %s', async (_fault, parts: Part[]) => {
    const answer = await bench.upload(parts);
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.json()).toMatchObject({
      code: expect.stringMatching(/VALIDATION_ERROR|PAYLOAD_TOO_LARGE/),
    });
  });

  it('refuses JSON here, and multipart everywhere else', async () => {
    const json = await test.call({
      method: 'POST',
      path: `/products/${bench.product_id}/images`,
      token: bench.seller.token,
      body: {},
    });
    expect(json.json()).toMatchObject({
      code: expect.stringMatching(/UNSUPPORTED_MEDIA_TYPE|VALIDATION_ERROR/),
    });
    const { payload, headers } = multipart([{ content: bench.photo }]);
    const elsewhere = await test.call({
      method: 'POST',
      path: '/products',
      token: bench.seller.token,
      headers,
      body: payload,
    });
    expect(elsewhere.json()).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  it(`a product never has more than ${MAX_IMAGES}, also of uploads at once`, async () => {
    const id = await bench.createProduct();
    const small = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'green' } })
      .png()
      .toBuffer();
    const answers = await Promise.all(
      Array.from({ length: MAX_IMAGES + 2 }, () => bench.upload([{ content: small }], id)),
    );
    const statuses = answers.map((answer) => answer.statusCode).sort();
    expect(statuses).toEqual([...Array(MAX_IMAGES).fill(201), 409, 409]);
    const rows = await test.services.db
      .selectFrom('product_images')
      .select('position')
      .where('product_id', '=', id)
      .execute();
    expect(new Set(rows.map((row) => row.position)).size).toBe(MAX_IMAGES);
  });

  it('is for the seller of the product alone', async () => {
    const other = await createActor(test, { role: 'seller' });
    const customer = await createActor(test);
    const image = (await bench.upload([{ content: bench.photo }])).json();
    const remove = (token?: string) =>
      test.call({
        method: 'DELETE',
        path: `/products/${bench.product_id}/images/${image.id}`,
        token,
      });
    expect(
      (await bench.upload([{ content: bench.photo }], bench.product_id, other.token)).statusCode,
    ).toBe(404);
    expect(
      (await bench.upload([{ content: bench.photo }], bench.product_id, customer.token)).statusCode,
    ).toBe(403);
    expect([(await remove()).statusCode, (await remove(other.token)).statusCode]).toEqual([
      401, 404,
    ]);
    expect((await bench.upload([{ content: bench.photo }], newId())).statusCode).toBe(404);
  });
});
