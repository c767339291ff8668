// Favorites: products that a customer wants to find again.
import { type Ctx, signedIn } from '../../context.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { inTransaction } from '../../db/transaction.ts';
import { notFound } from '../../lib/problem.ts';
import {
  deleteFavorite,
  type FavoriteRow,
  findFavoritePage,
  insertFavorite,
  isOnSale,
} from './favorites.queries.ts';

export type { FavoriteRow } from './favorites.queries.ts';

/** The caller's, newest first, at today's prices. */
export function listFavorites(ctx: Ctx, page: PageRequest): Promise<Page<FavoriteRow>> {
  return findFavoritePage(ctx.db, signedIn(ctx).user_id, page);
}

/** Adding twice is adding once. @throws Problem NOT_FOUND where the product is not on sale */
export function addFavorite(ctx: Ctx, product_id: string): Promise<void> {
  const { user_id } = signedIn(ctx);
  return inTransaction(ctx, async (ctx) => {
    if (!(await isOnSale(ctx.db, product_id))) throw notFound('product');
    await insertFavorite(ctx.db, { user_id, product_id }, ctx.clock.now());
  });
}

/** Does nothing where there is nothing to remove. */
export function removeFavorite(ctx: Ctx, product_id: string): Promise<void> {
  const { user_id } = signedIn(ctx);
  return inTransaction(ctx, (ctx) => deleteFavorite(ctx.db, { user_id, product_id }));
}
