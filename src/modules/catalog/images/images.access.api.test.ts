// Who may fetch an image: everybody while its product is on sale, its owner and admins always.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createActor } from '../../../../test/support/actors.ts';
import type { TestApp } from '../../../../test/support/app.ts';
import { DAY_MS } from '../../../lib/time.ts';
import { makeImageSizesJob } from './images.jobs.ts';
import { createImageBench, type ImageBench } from './images.testkit.ts';

let bench: ImageBench;
let test: TestApp;

beforeAll(async () => {
  bench = await createImageBench();
  ({ test } = bench);
});
afterAll(() => test.close());

async function withImage(): Promise<{ id: string; image_id: string; signed: string }> {
  const id = await bench.createProduct();
  const image = (await bench.upload([{ content: bench.photo }], id)).json();
  await makeImageSizesJob.run(test.system, { image_id: image.id });
  return { id, image_id: image.id, signed: pathOf(image.urls.small) };
}

const pathOf = (url: string) => url.slice(test.services.config.publicUrl.length);
const status = async (url: string) => (await test.app.inject({ url })).statusCode;
const own = (token: string, method: 'PATCH' | 'DELETE', id: string, body?: object) =>
  test.call({ method, path: `/products/${id}`, token, body });

describe('an image', () => {
  it('of what is on sale is public, and kept by browsers for long and by others for a day', async () => {
    const { image_id } = await withImage();
    const { headers } = await bench.media(image_id, 'small');
    expect(headers['cache-control']).toBe('public, max-age=31536000, s-maxage=86400, immutable');
    const again = await test.app.inject({
      url: `/media/${image_id}/small`,
      headers: { 'if-none-match': String(headers['etag']) },
    });
    expect([again.statusCode, again.rawPayload.length]).toEqual([304, 0]);
  });

  it.each([
    ['a draft', async (id: string) => own(bench.seller.token, 'PATCH', id, { is_active: false })],
    ['a removed product', async (id: string) => own(bench.seller.token, 'DELETE', id)],
  ])('of %s is its owner’s alone, at once', async (_what, hide) => {
    const { id, image_id, signed } = await withImage();
    expect(await status(`/media/${image_id}/small`)).toBe(200);
    await hide(id);
    expect(await status(`/media/${image_id}/small`)).toBe(404);
    const mine = await test.app.inject({ url: signed });
    expect([mine.statusCode, mine.headers['cache-control']]).toEqual([200, 'private, no-cache']);
  });

  it('of a suspended seller is gone at once and back with them', async () => {
    const { image_id } = await withImage();
    const admin = await createActor(test, { role: 'admin' });
    const act = (action: string) =>
      test.call({
        method: 'POST',
        path: `/sellers/${bench.seller.seller_id}/${action}`,
        token: admin.token,
      });
    expect(await status(`/media/${image_id}/large`)).toBe(200);
    expect((await act('suspend')).statusCode).toBe(200);
    expect(await status(`/media/${image_id}/large`)).toBe(404);
    expect((await act('reinstate')).statusCode).toBe(200);
    expect(await status(`/media/${image_id}/large`)).toBe(200);
  });

  it('is signed for its seller and for admins, and for nobody else', async () => {
    const { id } = await withImage();
    const admin = await createActor(test, { role: 'admin' });
    const rival = await createActor(test, { role: 'seller' });
    const urls = async (token?: string) =>
      (await test.call({ path: `/products/${id}`, token })).json().images[0].urls.small;
    expect(await urls(bench.seller.token)).toContain('signature=');
    expect(await urls(admin.token)).toContain('signature=');
    expect(await urls(rival.token)).not.toContain('signature=');
    expect(await urls()).not.toContain('signature=');
  });

  it('has a signature of its own, which ends', async () => {
    const { id, signed } = await withImage();
    const other = await withImage();
    await own(bench.seller.token, 'DELETE', id);
    await own(bench.seller.token, 'DELETE', other.id);
    const query = signed.split('?')[1];
    expect(await status(signed)).toBe(200);
    expect(await status(signed.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))).toBe(404);
    expect(await status(`/media/${other.image_id}/small?${query}`)).toBe(404);
    const later = String(Number(new URLSearchParams(query).get('until')) + DAY_MS);
    expect(await status(signed.replace(/until=\d+/, `until=${later}`))).toBe(404);
    test.clock.advance(DAY_MS);
    expect(await status(signed)).toBe(200);
    test.clock.advance(DAY_MS);
    expect(await status(signed)).toBe(404);
  });
});
