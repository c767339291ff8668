// GET /products: what is on sale, and one product of it.
import { Type } from 'typebox';
import { CATEGORIES, PRODUCTS, singleProductTags } from '../../cache/tags.ts';
import { mapPage } from '../../db/paging/paging.ts';
import { ANYONE, SELLER_OR_ADMIN } from '../../http/access.ts';
import { type AnyRoute, listRoute, route } from '../../http/route.ts';
import { NOT_FOUND } from '../../lib/problem.ts';
import { Id, IdParams, Line, OneOf } from '../../lib/schema.ts';
import { FRESHNESS } from '../inventory/inventory.service.ts';
import { ORDER_FIELDS, ORDERING_PATTERN } from './lists/ordering.rules.ts';
import { Product, productView, SellerProduct, sellerProductView } from './products.views.ts';
import * as storefront from './storefront.service.ts';

const MAX_DAYS_LEFT = 3_650;
const PriceBound = (description: string) =>
  Type.Optional(
    Type.String({
      pattern: '^\\d{1,6}(\\.\\d{1,2})?$',
      description: `0 to 999999.99, up to two places: ${description}`,
      examples: ['120.00'],
    }),
  );

const ProductQuery = Type.Object({
  search: Type.Optional(
    Line(100, {
      description: 'Words in English or Filipino; synonyms and small typing errors are understood',
    }),
  ),
  category: Type.Optional(Line(100, { description: 'Name, slug or id; with everything below it' })),
  seller: Type.Optional(Id),
  price_min: PriceBound('the lowest list price'),
  price_max: PriceBound('the highest list price'),
  freshness: Type.Optional(
    OneOf('Freshness', FRESHNESS, {
      description: 'Of the lot that is sold next; nothing ROTTEN is ever sold',
    }),
  ),
  min_days_left: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_DAYS_LEFT,
      description: 'Whole days that the next lot lasts',
    }),
  ),
  in_stock: Type.Optional(Type.Boolean({ description: 'Whether any can be bought' })),
  on_promo: Type.Optional(Type.Boolean({ description: 'Whether a promo is on' })),
  ordering: Type.Optional(
    Type.String({
      pattern: ORDERING_PATTERN,
      maxLength: 100,
      description: `a comma list of ${ORDER_FIELDS.join(', ')}, each with an optional "-" for descending`,
      examples: ['price,-created_at'],
    }),
  ),
});
const SellerProductQuery = Type.Object({
  seller: Type.Optional(Type.String({ ...Id, description: 'For admins: whose products' })),
  search: Type.Optional(Line(100, { description: 'Part of the name' })),
  category_id: Type.Optional(Id),
  is_active: Type.Optional(Type.Boolean({ description: 'Drafts are not' })),
  in_stock: Type.Optional(Type.Boolean({ description: 'Whether any can be bought' })),
});

/** Each success counts as one view. */
export const productRoute: AnyRoute = route({
  operationId: 'getProduct',
  method: 'GET',
  path: '/products/:id',
  access: ANYONE,
  tag: 'Products',
  summary: 'Get a product',
  description: 'One that is on sale; its seller and admins see it in any state.',
  params: IdParams,
  status: 200,
  returns: Product,
  cache: 'public',
  tags: ({ id }) => [...singleProductTags(id), CATEGORIES],
  handle: async (ctx, { params }) => productView(await storefront.getProduct(ctx, params.id), ctx),
});

export const storefrontRoutes: readonly AnyRoute[] = [
  listRoute({
    operationId: 'listProducts',
    path: '/products',
    access: ANYONE,
    tag: 'Products',
    summary: 'List products on sale',
    description:
      'Newest first, or by `ordering`. With `search` by relevance, the exact name first, over at most 1,000 matches. Prices in filters and ordering are list prices.',
    query: ProductQuery,
    item: Product,
    limit: 'search',
    cache: 'public',
    tags: () => [PRODUCTS, CATEGORIES],
    list: async (ctx, { query, page }) =>
      mapPage(await storefront.listProducts(ctx, query, page), (row) => productView(row, ctx)),
  }),
  listRoute({
    operationId: 'listDeletedProducts',
    path: '/products/deleted',
    access: SELLER_OR_ADMIN,
    tag: 'Products',
    summary: 'List removed products',
    description: "The caller's own; for admins everybody's. The last removed first.",
    query: Type.Object({ seller: SellerProductQuery.properties.seller }),
    item: SellerProduct,
    problems: [NOT_FOUND],
    list: async (ctx, { query, page }) =>
      mapPage(await storefront.listRemovedProducts(ctx, query, page), (row) =>
        sellerProductView(row, ctx),
      ),
  }),
  productRoute,
  listRoute({
    operationId: 'listStoreProducts',
    path: '/store/products',
    access: SELLER_OR_ADMIN,
    tag: 'Products',
    summary: "List a seller's products",
    description: "The caller's own, drafts too, newest first; admins name the `seller`.",
    query: SellerProductQuery,
    item: SellerProduct,
    problems: [NOT_FOUND],
    list: async (ctx, { query, page }) =>
      mapPage(await storefront.listSellerProducts(ctx, query, page), (row) =>
        sellerProductView(row, ctx),
      ),
  }),
];
