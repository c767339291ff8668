// Pictures for the products of the demo market. They were drawn by scripts/generate-pictures.ts and lie beside this file.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from '../db/database.ts';
import type { FileStorage } from '../gateways/storage/storage.ts';
import { slugify } from '../lib/text/slug.ts';
import { type ImageSize, originalKey, sizeKey } from '../modules/catalog/images/images.rules.ts';
import { PRODUCE } from './data/produce.ts';

export const PICTURES_DIR = join(import.meta.dirname, 'pictures');

/** Sides in pixels. A drawing gains nothing above `full`, which so is every larger size too. */
export const PICTURE_SIZES_PX = { small: 240, full: 480 } as const;
export type PictureSize = keyof typeof PICTURE_SIZES_PX;

const FILES: Readonly<Record<ImageSize, PictureSize>> = {
  small: 'small',
  medium: 'full',
  large: 'full',
};
/** Files written at once. */
const PARALLEL = 16;

/** Of a kind of produce, by its Filipino name. */
export function pictureName(produce: string, size: PictureSize): string {
  return `${slugify(produce)}-${size}.webp`;
}

/**
 * Gives each product that was seeded its picture: files first, then the rows that show them.
 * @returns rows written
 */
export async function addPictures({
  db,
  storage,
}: {
  readonly db: Db;
  readonly storage: FileStorage;
}): Promise<number> {
  const products = await db
    .selectFrom('products')
    .select(['id', 'name', 'created_at'])
    .orderBy('id')
    .execute();
  const pictures = products.flatMap(({ id: product_id, name, created_at }) => {
    const produce = findProduce(name);
    return produce === undefined
      ? []
      : [{ id: pictureId(product_id), product_id, produce, created_at }];
  });
  for (let start = 0; start < pictures.length; start += PARALLEL) {
    const some = pictures.slice(start, start + PARALLEL);
    await Promise.all(some.map(({ id, produce }) => putFiles(storage, id, produce)));
  }
  const { full } = PICTURE_SIZES_PX;
  const rows = pictures.map(({ id, product_id, created_at }) => ({
    id,
    product_id,
    created_at,
    position: 1,
    status: 'READY' as const,
    content_type: 'image/webp' as const,
    width: full,
    height: full,
  }));
  if (rows.length > 0) await db.insertInto('product_images').values(rows).execute();
  return rows.length;
}

/** The same for the same product, and of its age. */
function pictureId(product_id: string): string {
  const digits = createHash('sha256').update(product_id).digest('hex');
  const [version, variant, rest] = [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6, 18)];
  return `${product_id.slice(0, 15)}${version}-8${variant}-${rest}`;
}

/** Names end with both names of the produce, whatever the seller put before. */
function findProduce(name: string): string | undefined {
  return PRODUCE.find(([filipino, english]) => name.endsWith(`${filipino} (${english})`))?.[0];
}

async function putFiles(storage: FileStorage, id: string, produce: string): Promise<void> {
  const read = (size: PictureSize) => readFile(join(PICTURES_DIR, pictureName(produce, size)));
  const files = { small: await read('small'), full: await read('full') };
  await storage.put(originalKey(id), files.full);
  for (const [size, picture] of Object.entries(FILES))
    await storage.put(sizeKey(id, size as ImageSize), files[picture]);
}
