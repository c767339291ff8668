// Tags name what a cached answer shows. Routes declare the tags of their answers; services invalidate those of what they changed.
import type { Cache } from './cache.ts';

/** Every list of products. */
export const PRODUCTS = 'products';
/** Every answer about a single product, for changes of very many. */
export const EACH_PRODUCT = 'each-product';
/** How many products a category or a seller has on sale. */
export const PRODUCT_COUNTS = 'product-counts';
export const CATEGORIES = 'categories';
export const SELLERS = 'sellers';
export const PROMOS = 'promos';
export const REVIEWS = 'reviews';

/** One product, for those who change it. */
export function productTag(id: string): string {
  return `product:${id.toLowerCase()}`;
}

/** What an answer about one product carries. */
export function singleProductTags(id: string): string[] {
  return [productTag(id), EACH_PRODUCT];
}

/** Above this many products their tags give way to EACH_PRODUCT: every tag costs each process a little. */
const MAX_PRODUCT_TAGS = 50;

/** Tags of the answers about each of these products. */
export function productTags(ids: readonly string[]): string[] {
  return ids.length > MAX_PRODUCT_TAGS ? [EACH_PRODUCT] : ids.map(productTag);
}

/** A transaction that may still be rolled back. */
interface Uncommitted {
  readonly cache: Cache;
  readonly afterCommit: (effect: () => void) => void;
}

/** Drops the cached answers that show any of `tags`, once this transaction has committed. */
export function invalidate(ctx: Uncommitted, ...tags: readonly string[]): void {
  ctx.afterCommit(() => ctx.cache.invalidate(tags));
}
