// Products as customers see them: the list with its filters and search, one product, and what a seller sees of their own.
import type { Ctx } from '../../context.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { inTransaction } from '../../db/transaction.ts';
import { parseMoney } from '../../lib/money.ts';
import { invalidField, notFound } from '../../lib/problem.ts';
import type { Freshness } from '../inventory/inventory.service.ts';
import { refreshListings } from '../listing/listing.service.ts';
import { mayManage } from '../sellers/sellers.service.ts';
import { DEFAULT_ORDER, orderKeys, RELEVANCE } from './lists/ordering.rules.ts';
import { findProductPage, type ProductFilter, resolveTerms } from './lists/product-list.queries.ts';
import {
  findProductRow,
  type ProductDetailRow,
  type ProductRow,
} from './lists/product-rows.queries.ts';
import {
  findRemovedPage,
  findSellerProductPage,
  type SellerProductFilter,
} from './lists/seller-products.queries.ts';

export type { ProductRow } from './lists/product-rows.queries.ts';

export interface ProductQuery {
  readonly search?: string;
  /** Name, slug or id; with everything below it. */
  readonly category?: string;
  readonly seller?: string;
  /** List prices, decimal pesos. */
  readonly price_min?: string;
  readonly price_max?: string;
  readonly freshness?: Freshness;
  readonly min_days_left?: number;
  readonly in_stock?: boolean;
  readonly on_promo?: boolean;
  /** As `ORDERING_PATTERN`; by relevance where there is a search, else newest first. */
  readonly ordering?: string;
}

const SEARCHABLE = /[\p{L}\p{N}]/u;

/** Products on sale that match. At most two statements. */
export async function listProducts(
  ctx: Ctx,
  query: ProductQuery,
  page: PageRequest,
): Promise<Page<ProductRow>> {
  const { category, ordering } = query;
  const search = query.search;
  if (search !== undefined && !SEARCHABLE.test(search)) return emptyPage(page);
  const terms =
    search === undefined && category === undefined
      ? {}
      : await resolveTerms(ctx.db, { search, category });
  const { search: searchTerms, ...categoryFilter } = terms;
  const fallback = searchTerms === undefined ? DEFAULT_ORDER : RELEVANCE;
  const listing = {
    filter: { ...filterOf(query), ...categoryFilter },
    search: searchTerms,
    order: ordering === undefined ? fallback : orderKeys(ordering),
    now: ctx.clock.now(),
  };
  return findProductPage(ctx.db, listing, page);
}

/** A product on sale; for its seller and admins in any state but removed. */
export async function getProduct(ctx: Ctx, id: string): Promise<ProductRow> {
  const found = await findProductRow(ctx.db, id);
  const product =
    found !== undefined && found.stale_at <= ctx.clock.now() ? await refreshed(ctx, id) : found;
  if (product === undefined || !isVisible(ctx, product)) throw notFound('product');
  return product;
}

/**
 * A product in any state, for its seller and admins.
 * @throws Problem NOT_FOUND
 */
export async function getSellerProduct(ctx: Ctx, id: string): Promise<ProductRow> {
  const product = await findProductRow(ctx.db, id);
  if (product === undefined || !mayManage(ctx, product.seller_id)) throw notFound('product');
  return product;
}

/** What the caller sells, drafts too; of an admin's choice of seller. */
export function listSellerProducts(
  ctx: Ctx,
  query: SellerProductFilter & { readonly seller?: string },
  page: PageRequest,
): Promise<Page<ProductRow>> {
  const { seller, ...filter } = query;
  const seller_id = sellerIdOf(ctx, seller);
  if (seller_id === undefined)
    throw invalidField('/seller', 'is required of admins: whose products');
  return findSellerProductPage(ctx.db, { seller_id, filter }, page);
}

/** What the caller removed; for admins everybody's, or one seller's. */
export function listRemovedProducts(
  ctx: Ctx,
  query: { readonly seller?: string },
  page: PageRequest,
): Promise<Page<ProductRow>> {
  return findRemovedPage(ctx.db, sellerIdOf(ctx, query.seller), page);
}

/** What only the clock made untrue is made true before a single product is shown. */
function refreshed(ctx: Ctx, id: string): Promise<ProductDetailRow | undefined> {
  return inTransaction(ctx, async (ctx) => {
    await refreshListings(ctx, [id]);
    return findProductRow(ctx.db, id);
  });
}

function isVisible(ctx: Ctx, product: ProductDetailRow): boolean {
  return product.on_sale || (product.deleted_at === null && mayManage(ctx, product.seller_id));
}

/** The caller's own seller id; for admins the one they name, if any. */
function sellerIdOf({ actor }: Ctx, named: string | undefined): string | undefined {
  if (actor.kind !== 'user' || actor.role === 'admin') return named;
  const own = actor.seller?.id;
  if (own === undefined || (named !== undefined && named !== own)) throw notFound('seller');
  return own;
}

function filterOf({
  seller,
  price_min,
  price_max,
  freshness,
  min_days_left,
  in_stock,
  on_promo,
}: ProductQuery): ProductFilter {
  return {
    ...(seller === undefined ? {} : { seller_id: seller }),
    ...(price_min === undefined ? {} : { price_min_centavos: parseMoney(price_min) }),
    ...(price_max === undefined ? {} : { price_max_centavos: parseMoney(price_max) }),
    ...(freshness === undefined ? {} : { freshness }),
    ...(min_days_left === undefined ? {} : { min_days_left }),
    ...(in_stock === undefined ? {} : { in_stock }),
    ...(on_promo === undefined ? {} : { on_promo }),
  };
}

function emptyPage(page: PageRequest): Page<ProductRow> {
  return { rows: [], hasMore: false, ...(page.kind === 'number' ? { count: 0 } : {}) };
}
