// SQL over favorites; reads across to products, product_listing and sellers, as the storefront does.
import { type Selectable, sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { newestFirst } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import type { Favorites, ProductListing, Products } from '../../db/schema.generated.ts';

export type FavoriteRow = Pick<Selectable<Favorites>, 'product_id' | 'created_at'> &
  Pick<
    Selectable<ProductListing>,
    'price_centavos' | 'current_price_centavos' | 'on_sale' | 'in_stock'
  > &
  Pick<Selectable<Products>, 'name' | 'unit'>;

/** The listing's word is not enough: it may still have to follow its seller's standing. */
const IS_ON_SALE = sql<boolean>`(product_listing.on_sale AND sellers.is_selling)`;

/** Newest first; deleted products are left out. */
export function findFavoritePage(
  db: Db,
  user_id: string,
  page: PageRequest,
): Promise<Page<FavoriteRow>> {
  const query = db
    .selectFrom('favorites')
    .innerJoin('products', 'products.id', 'favorites.product_id')
    .innerJoin('product_listing', 'product_listing.product_id', 'favorites.product_id')
    .innerJoin('sellers', 'sellers.id', 'product_listing.seller_id')
    .select([
      'favorites.product_id',
      'favorites.created_at',
      'products.name',
      'products.unit',
      'product_listing.price_centavos',
      'product_listing.current_price_centavos',
      'product_listing.in_stock',
      IS_ON_SALE.as('on_sale'),
    ])
    .where('favorites.user_id', '=', user_id)
    .where('products.deleted_at', 'is', null);
  return fetchPage(db, query, {
    order: newestFirst('favorites.created_at', 'favorites.product_id'),
    page,
  });
}

export async function isOnSale(db: Db, product_id: string): Promise<boolean> {
  const row = await db
    .selectFrom('product_listing')
    .innerJoin('sellers', 'sellers.id', 'product_listing.seller_id')
    .select(IS_ON_SALE.as('on_sale'))
    .where('product_id', '=', product_id)
    .executeTakeFirst();
  return row?.on_sale === true;
}

export interface Favorite {
  readonly user_id: string;
  readonly product_id: string;
}

/** Does nothing where it is there already. */
export async function insertFavorite(db: Db, favorite: Favorite, created_at: Date): Promise<void> {
  await db
    .insertInto('favorites')
    .values({ ...favorite, created_at })
    .onConflict((oc) => oc.doNothing())
    .execute();
}

export async function deleteFavorite(db: Db, { user_id, product_id }: Favorite): Promise<void> {
  await db
    .deleteFrom('favorites')
    .where('user_id', '=', user_id)
    .where('product_id', '=', product_id)
    .execute();
}
