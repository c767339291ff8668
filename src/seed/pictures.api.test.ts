import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../test/support/app.ts';
import { PRODUCE } from './data/produce.ts';
import {
  addPictures,
  PICTURE_SIZES_PX,
  PICTURES_DIR,
  type PictureSize,
  pictureName,
} from './pictures.ts';
import { seedDatabase } from './seed.ts';

const MAX_TOTAL_BYTES = 1_000_000;
const SIZES = Object.keys(PICTURE_SIZES_PX) as PictureSize[];

describe('the drawn pictures', () => {
  it('are one of each kind of produce in each size, and no others', () => {
    const expected = PRODUCE.flatMap(([name]) => SIZES.map((size) => pictureName(name, size)));
    expect(readdirSync(PICTURES_DIR).sort()).toEqual([...new Set(expected)].sort());
    expect(new Set(expected).size).toBe(expected.length);
  });

  it('are small WebP files of the size that they say', async () => {
    let total = 0;
    for (const [name] of PRODUCE) {
      for (const size of SIZES) {
        const path = join(PICTURES_DIR, pictureName(name, size));
        total += statSync(path).size;
        const { width, height, format } = await sharp(path).metadata();
        const px = PICTURE_SIZES_PX[size];
        expect([path, width, height, format]).toEqual([path, px, px, 'webp']);
      }
    }
    expect(total).toBeLessThan(MAX_TOTAL_BYTES);
  });
});

describe('the demo market', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await createTestApp();
    await seedDatabase(test.services, { size: 'small', seed: 1 });
    await addPictures({ db: test.services.db, storage: test.services.gateways.storage });
  });
  afterAll(() => test.close());

  it('has a picture of every product, in every size that the API shows', async () => {
    const { count } = await test.services.db
      .selectFrom('products')
      .select(({ fn }) => fn.countAll<string>().as('count'))
      .executeTakeFirstOrThrow();
    const pictured = await test.services.db
      .selectFrom('product_images')
      .select('product_id')
      .distinct()
      .execute();
    expect(pictured).toHaveLength(Number(count));
    const { results } = (await test.call({ path: '/products?search=kamatis' })).json();
    const [image] = results[0].images;
    expect(image.status).toBe('READY');
    for (const url of Object.values<string>(image.urls)) {
      const answer = await test.app.inject({ url: new URL(url).pathname });
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'image/webp']);
      expect((await sharp(answer.rawPayload).metadata()).format).toBe('webp');
    }
  });

  it('writes to the demo people in both languages', async () => {
    const people = await test.services.db
      .selectFrom('users')
      .select(['user_name', 'language'])
      .where('user_name', 'in', ['admin', 'customer', 'seller'])
      .orderBy('user_name')
      .execute();
    expect(people).toEqual([
      { user_name: 'admin', language: 'en' },
      { user_name: 'customer', language: 'en' },
      { user_name: 'seller', language: 'fil' },
    ]);
  });
});
