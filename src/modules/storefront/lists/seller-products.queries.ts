// A seller's own products, drafts and removed ones too, with the rows that customers would see.
import type { Db } from '../../../db/database.ts';
import { newestFirst } from '../../../db/paging/keyset.ts';
import type { Page, PageRequest } from '../../../db/paging/paging.ts';
import { fetchProductPage } from './product-pages.queries.ts';
import type { ProductRow } from './product-rows.queries.ts';

export interface SellerProductFilter {
  /** Part of the name. */
  readonly search?: string;
  readonly category_id?: string;
  readonly is_active?: boolean;
  readonly in_stock?: boolean;
}

/** Every product has its listing; the outer join lets a count do without it. */
const LISTED = `(
  SELECT p.id AS product_id, p.seller_id, p.category_id, p.is_active, p.created_at, p.deleted_at, i.plain_name, i.in_stock
  FROM products p LEFT JOIN product_listing i ON i.product_id = p.id
) l`;

const NEWEST_FIRST = newestFirst('l.created_at', 'l.product_id');
const LAST_REMOVED_FIRST = newestFirst('l.deleted_at', 'l.product_id');

/** What a seller has and has not removed, newest first. */
export function findSellerProductPage(
  db: Db,
  of: { seller_id: string; filter: SellerProductFilter },
  page: PageRequest,
): Promise<Page<ProductRow>> {
  const { search, category_id, is_active, in_stock } = of.filter;
  const values: unknown[] = [];
  const bind = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const where = [`l.seller_id = ${bind(of.seller_id, 'uuid')}`, 'l.deleted_at IS NULL'];
  if (search !== undefined)
    where.push(`strpos(l.plain_name, plain_text(${bind(search, 'text')})) > 0`);
  if (category_id !== undefined) where.push(`l.category_id = ${bind(category_id, 'uuid')}`);
  if (is_active !== undefined) where.push(`l.is_active = ${bind(is_active, 'boolean')}`);
  if (in_stock !== undefined) where.push(`l.in_stock = ${bind(in_stock, 'boolean')}`);
  return fetchProductPage(db, { from: LISTED, where, order: NEWEST_FIRST, values }, page);
}

/** Removed products of one seller, or of all, the last removed first. */
export function findRemovedPage(
  db: Db,
  seller_id: string | undefined,
  page: PageRequest,
): Promise<Page<ProductRow>> {
  const where = [
    'l.deleted_at IS NOT NULL',
    ...(seller_id === undefined ? [] : ['l.seller_id = $1::uuid']),
  ];
  const values = seller_id === undefined ? [] : [seller_id];
  return fetchProductPage(db, { from: LISTED, where, order: LAST_REMOVED_FIRST, values }, page);
}
