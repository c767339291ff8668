import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../../../../test/support/app.ts';
import { newId } from '../../../lib/ids.ts';
import { authenticate } from '../../auth/sessions/authenticate.ts';
import { makeImageSizesJob, removeImageFilesJob } from './images.jobs.ts';
import { originalKey } from './images.rules.ts';
import { addImage, prepareImage } from './images.service.ts';
import { createImageBench, type ImageBench } from './images.testkit.ts';

let bench: ImageBench;
let test: TestApp;

beforeAll(async () => {
  bench = await createImageBench();
  ({ test } = bench);
});
afterAll(() => test.close());

describe('making the sizes', () => {
  it('what cannot be encoded is FAILED, shown to its seller and hidden from customers', async () => {
    const id = await bench.createProduct();
    const image = (await bench.upload([{ content: bench.photo }], id)).json();
    await test.services.gateways.storage.put(
      originalKey(image.id),
      Buffer.from('not an image any more'),
    );
    await makeImageSizesJob.run(test.system, { image_id: image.id });
    const { results } = (
      await test.call({ path: '/store/products', token: bench.seller.token })
    ).json();
    expect(results.find((product: { id: string }) => product.id === id).images).toMatchObject([
      { status: 'FAILED' },
    ]);
    expect(await bench.imagesOf(id)).toEqual([]);
  });

  it('what has lost its original is FAILED', async () => {
    const id = await bench.createProduct();
    const image = (await bench.upload([{ content: bench.photo }], id)).json();
    await test.services.gateways.storage.remove(originalKey(image.id));
    await makeImageSizesJob.run(test.system, { image_id: image.id });
    const { status } = await test.services.db
      .selectFrom('product_images')
      .select('status')
      .where('id', '=', image.id)
      .executeTakeFirstOrThrow();
    expect(status).toBe('FAILED');
  });

  it('may be repeated without harm', async () => {
    const id = await bench.createProduct();
    const image = (await bench.upload([{ content: bench.photo }], id)).json();
    await makeImageSizesJob.run(test.system, { image_id: image.id });
    await makeImageSizesJob.run(test.system, { image_id: image.id });
    expect(await bench.imagesOf(id)).toMatchObject([{ id: image.id, status: 'READY' }]);
  });
});

it('what was prepared is undone where no image came of it, and kept where only the answer of the commit was lost', async () => {
  const id = await bench.createProduct();
  const actor = await authenticate(test.services, bench.seller.token);
  const ctx = { ...test.system, actor };
  const hasFile = async (image_id: string) =>
    (await test.services.gateways.storage.get(originalKey(image_id))) !== undefined;

  const [unused, used] = [
    await prepareImage(ctx, id, bench.photo),
    await prepareImage(ctx, id, bench.photo),
  ];
  await addImage(ctx, id, used.value);
  await Promise.all([unused.discard(), used.discard()]);
  expect([await hasFile(unused.value.id), await hasFile(used.value.id)]).toEqual([false, true]);
});

describe('removing an image', () => {
  it('takes it off the product at once and its files soon after', async () => {
    const id = await bench.createProduct();
    const image = (await bench.upload([{ content: bench.photo }], id)).json();
    await makeImageSizesJob.run(test.system, { image_id: image.id });
    const path = `/products/${id}/images/${image.id}`;
    expect(
      (await test.call({ method: 'DELETE', path, token: bench.seller.token })).statusCode,
    ).toBe(204);
    expect(await bench.imagesOf(id)).toEqual([]);
    await removeImageFilesJob.run(test.system, { image_id: image.id });
    expect((await bench.media(image.id, 'large')).statusCode).toBe(404);
    expect(await test.services.gateways.storage.get(originalKey(image.id))).toBeUndefined();
    expect(
      (await test.call({ method: 'DELETE', path, token: bench.seller.token })).statusCode,
    ).toBe(404);
  });

  it('before its sizes are made leaves no file behind', async () => {
    const id = await bench.createProduct();
    const image = (await bench.upload([{ content: bench.photo }], id)).json();
    await test.call({
      method: 'DELETE',
      path: `/products/${id}/images/${image.id}`,
      token: bench.seller.token,
    });
    await makeImageSizesJob.run(test.system, { image_id: image.id });
    const left = ['original', 'small.webp', 'large.webp'].map((file) =>
      test.services.gateways.storage.get(`images/${image.id}/${file}`),
    );
    expect(await Promise.all(left)).toEqual([undefined, undefined, undefined]);
  });
});

describe('GET /media', () => {
  it('never runs', async () => {
    const image = (await bench.upload([{ content: bench.photo }])).json();
    await makeImageSizesJob.run(test.system, { image_id: image.id });
    const { headers } = await bench.media(image.id, 'medium');
    expect(headers).toMatchObject({
      'content-type': 'image/webp',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
  });

  it.each([
    '/media/not-an-id/small',
    `/media/${newId()}/small`,
    `/media/${newId()}/original`,
    `/media/${newId()}/..%2Foriginal`,
  ])('%s is a 404', async (url) => {
    expect((await test.app.inject({ url })).json()).toMatchObject({ code: 'NOT_FOUND' });
  });
});
