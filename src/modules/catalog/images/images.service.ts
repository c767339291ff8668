// Images of products: uploaded by their seller, cleaned at once, shown when their sizes are made.
import { invalidate, PRODUCTS, productTag } from '../../../cache/tags.ts';
import type { Ctx, OutsideCtx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { newId } from '../../../lib/ids.ts';
import type { Prepared } from '../../../lib/prepared.ts';
import { CONFLICT, notFound, Problem } from '../../../lib/problem.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import { getSellableProduct, lockSellableProduct } from '../products/products.service.ts';
import { encodeOriginal } from './image-encoding.ts';
import { makeImageSizesJob, removeImageFilesJob } from './images.jobs.ts';
import {
  deleteImage,
  findImageStanding,
  findPositions,
  type ImageRow,
  insertImage,
} from './images.queries.ts';
import { MAX_IMAGES, originalKey } from './images.rules.ts';

type NewImage = Pick<ImageRow, 'id' | 'content_type' | 'width' | 'height'>;

/**
 * Everything about a new image that takes long: it is checked, cleaned and its original kept. What is cheap to refuse
 * is refused first.
 * @throws Problem NOT_FOUND, FORBIDDEN, UNSUPPORTED_MEDIA_TYPE, VALIDATION_ERROR at `/image`, CONFLICT over MAX_IMAGES,
 * SERVICE_UNAVAILABLE where too many images wait to be decoded
 */
export async function prepareImage(
  ctx: OutsideCtx,
  product_id: string,
  upload: Buffer,
): Promise<Prepared<NewImage>> {
  await getSellableProduct(ctx, product_id);
  requireRoom(await findPositions(ctx.db, product_id));
  const { content, ...facts } = await encodeOriginal(ctx, upload);
  const id = newId();
  const key = originalKey(id);
  await ctx.gateways.storage.put(key, content);
  const discard = async () => {
    // Where only the answer of the commit was lost, the image is there and needs its file.
    if ((await findImageStanding(ctx.db, id)) === undefined) await ctx.gateways.storage.remove(key);
  };
  return { value: { id, ...facts }, discard };
}

/**
 * Adds a prepared image behind those that the product has. It is PROCESSING until a job has made its sizes.
 * @throws Problem NOT_FOUND, FORBIDDEN, CONFLICT over MAX_IMAGES
 */
export function addImage(ctx: Ctx, product_id: string, image: NewImage): Promise<ImageRow> {
  return inTransaction(ctx, async (ctx) => {
    // Locked, so that two uploads at once get two positions and never pass the limit together.
    await lockSellableProduct(ctx, product_id);
    const positions = await findPositions(ctx.db, product_id);
    requireRoom(positions);
    const row = await insertImage(ctx.db, {
      ...image,
      product_id,
      position: (positions.at(-1) ?? 0) + 1,
      created_at: ctx.clock.now(),
    });
    invalidate(ctx, PRODUCTS, productTag(product_id));
    await ctx.jobs.enqueue(ctx.db, makeImageSizesJob, { image_id: row.id });
    const changes = { image_id: [null, row.id] } as const;
    await recordAudit(ctx, {
      action: 'product.image-added',
      object_type: 'product',
      object_id: product_id,
      changes,
    });
    return row;
  });
}

function requireRoom(positions: readonly number[]): void {
  if (positions.length >= MAX_IMAGES)
    throw new Problem(CONFLICT, `A product has at most ${MAX_IMAGES} images: remove one first.`);
}

/** @throws Problem NOT_FOUND, FORBIDDEN */
export function removeImage(ctx: Ctx, product_id: string, image_id: string): Promise<void> {
  return inTransaction(ctx, async (ctx) => {
    await getSellableProduct(ctx, product_id);
    if (!(await deleteImage(ctx.db, product_id, image_id))) throw notFound('image');
    invalidate(ctx, PRODUCTS, productTag(product_id));
    await ctx.jobs.enqueue(ctx.db, removeImageFilesJob, { image_id });
    const changes = { image_id: [image_id, null] } as const;
    await recordAudit(ctx, {
      action: 'product.image-removed',
      object_type: 'product',
      object_id: product_id,
      changes,
    });
  });
}
