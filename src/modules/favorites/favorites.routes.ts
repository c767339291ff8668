// /favorites: the caller's own list of products.
import { Type } from 'typebox';
import { mapPage } from '../../db/paging/paging.ts';
import { CUSTOMER_OR_SELLER } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { formatMoney } from '../../lib/money.ts';
import { UNITS } from '../../lib/quantity.ts';
import { Id, type Infer, Model, Money, OneOf, Timestamp } from '../../lib/schema.ts';
import { examples } from './favorites.examples.ts';
import * as favorites from './favorites.service.ts';

const Favorite = Model(
  'Favorite',
  Type.Object({
    product_id: Id,
    product_name: Type.String(),
    unit: OneOf('Unit', UNITS),
    price: Money,
    current_price: Type.String({ ...Money, description: 'After promos' }),
    is_available: Type.Boolean({ description: 'On sale and in stock' }),
    created_at: Timestamp,
  }),
  examples.Favorite,
);
const ProductParams = Type.Object({ product_id: Id });

export const favoriteRoutes: readonly AnyRoute[] = [
  listRoute({
    operationId: 'listFavorites',
    path: '/favorites',
    access: CUSTOMER_OR_SELLER,
    tag: 'Favorites',
    summary: 'List favorites',
    description: 'Last added first.',
    item: Favorite,
    cache: 'personal',
    list: async (ctx, { page }) => mapPage(await favorites.listFavorites(ctx, page), favoriteView),
  }),
  route({
    operationId: 'addFavorite',
    method: 'PUT',
    path: '/favorites/:product_id',
    access: CUSTOMER_OR_SELLER,
    tag: 'Favorites',
    summary: 'Add a favorite',
    params: ProductParams,
    status: 204,
    handle: (ctx, { params }) => favorites.addFavorite(ctx, params.product_id),
  }),
  route({
    operationId: 'removeFavorite',
    method: 'DELETE',
    path: '/favorites/:product_id',
    access: CUSTOMER_OR_SELLER,
    tag: 'Favorites',
    summary: 'Remove a favorite',
    params: ProductParams,
    status: 204,
    handle: (ctx, { params }) => favorites.removeFavorite(ctx, params.product_id),
  }),
];

function favoriteView(row: favorites.FavoriteRow): Infer<typeof Favorite> {
  return {
    product_id: row.product_id,
    product_name: row.name,
    unit: row.unit,
    price: formatMoney(row.price_centavos),
    current_price: formatMoney(row.current_price_centavos),
    is_available: row.on_sale && row.in_stock,
    created_at: row.created_at.toISOString(),
  };
}
