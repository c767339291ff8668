// The files of an image: its sizes made from the original, and all of them removed again.
import { PRODUCTS, productTag } from '../../../cache/tags.ts';
import type { OutsideCtx } from '../../../context.ts';
import { encodeSize } from './image-encoding.ts';
import { updateImageStatus } from './images.queries.ts';
import { IMAGE_SIZES, type ImageSize, originalKey, sizeKey } from './images.rules.ts';

/**
 * Makes every size. What cannot be encoded, or has lost its original, is FAILED for good; a fault of the storage is thrown,
 * to be tried again.
 */
export async function makeImageSizes(ctx: OutsideCtx, image_id: string): Promise<void> {
  const original = await ctx.gateways.storage.get(originalKey(image_id));
  const sizes = original && (await encodeAll(ctx, image_id, original));
  for (const { size, content } of sizes ?? [])
    await ctx.gateways.storage.put(sizeKey(image_id, size), content);
  const product_id = await updateImageStatus(
    ctx.db,
    image_id,
    sizes === undefined ? 'FAILED' : 'READY',
  );
  if (product_id === undefined) await removeImageFiles(ctx, image_id);
  else ctx.cache.invalidate([PRODUCTS, productTag(product_id)]);
}

export async function removeImageFiles(ctx: OutsideCtx, image_id: string): Promise<void> {
  for (const size of IMAGE_SIZES) await ctx.gateways.storage.remove(sizeKey(image_id, size));
  await ctx.gateways.storage.remove(originalKey(image_id));
}

async function encodeAll(
  ctx: OutsideCtx,
  image_id: string,
  original: Buffer,
): Promise<{ size: ImageSize; content: Buffer }[] | undefined> {
  try {
    return await Promise.all(
      IMAGE_SIZES.map(async (size) => ({ size, content: await encodeSize(ctx, original, size) })),
    );
  } catch (err) {
    ctx.log.error({ err, image_id }, 'image sizes could not be made');
    return undefined;
  }
}
