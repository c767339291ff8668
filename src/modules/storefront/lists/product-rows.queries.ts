// A product as customers see it, read across tables in one statement.
// Written by hand because this is the most frequent read; building it anew cost more than running it.
import { type Db, runNamed } from '../../../db/database.ts';
import type { Unit } from '../../../lib/quantity.ts';

export interface ProductRow {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  readonly seller_id: string;
  readonly business_name: string;
  readonly category_id: string;
  readonly category_name: string;
  readonly unit: Unit;
  readonly price_centavos: number;
  readonly current_price_centavos: number;
  readonly srp_centavos: number | null;
  readonly promo_id: string | null;
  readonly promo_name: string | null;
  readonly discount_type: 'PERCENTAGE' | 'FIXED' | null;
  readonly discount_hundredths: number | null;
  readonly promo_ends_at: Date | null;
  readonly shelf_life_days: number;
  readonly handling_hours: number;
  readonly sku: string | null;
  readonly tax_class: 'VAT_EXEMPT' | 'VAT_12';
  readonly origin: string | null;
  readonly is_active: boolean;
  readonly available_milli: number;
  readonly next_lot_harvested_at: Date | null;
  readonly next_lot_expires_at: Date | null;
  readonly rating: number | null;
  readonly review_count: number;
  readonly sell_count: number;
  /** Null where there are none. */
  readonly images:
    | readonly { readonly id: string; readonly status: 'PROCESSING' | 'READY' | 'FAILED' }[]
    | null;
  readonly version: number;
  /** RFC 3339, ready to be sent: forty dates a page are dear to parse and to print. */
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted_at: Date | null;
}

const RFC_3339 = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
/** Select list over JOINS. Single values are subqueries: each join more makes the planner try every order of them. */
export const COLUMNS = `
  l.product_id AS id, p.name, p.slug, p.description,
  p.seller_id, (SELECT s.business_name FROM sellers s WHERE s.id = p.seller_id) AS business_name,
  p.category_id, (SELECT c.name FROM categories c WHERE c.id = p.category_id) AS category_name,
  p.unit, p.price_centavos, l.current_price_centavos, p.srp_centavos, o.id AS promo_id, o.name AS promo_name,
  o.discount_type, o.discount_hundredths, o.ends_at AS promo_ends_at, p.shelf_life_days, p.handling_hours, p.sku,
  p.tax_class, p.origin, p.is_active, l.available_milli, l.next_lot_harvested_at, l.next_lot_expires_at,
  l.rating, l.review_count, l.sell_count,
  (SELECT json_agg(json_build_object('id', i.id, 'status', i.status) ORDER BY i.position, i.id)
    FROM product_images i WHERE i.product_id = p.id) AS images,
  p.version, to_char(p.created_at AT TIME ZONE 'UTC', ${RFC_3339}) AS created_at,
  to_char(p.updated_at AT TIME ZONE 'UTC', ${RFC_3339}) AS updated_at, p.deleted_at`;

/** To be joined to anything called `k` that has a `product_id`. */
export const JOINS = `
  LEFT JOIN product_listing l ON l.product_id = k.product_id
  LEFT JOIN products p ON p.id = l.product_id
  LEFT JOIN promos o ON o.id = l.promo_id`;

export interface ProductDetailRow extends ProductRow {
  readonly on_sale: boolean;
  /** From this moment on the row is untrue until its listing is refreshed. */
  readonly stale_at: Date;
}

const DETAIL = `SELECT ${COLUMNS}, l.stale_at,
  l.on_sale AND (SELECT s.is_selling FROM sellers s WHERE s.id = p.seller_id) AS on_sale
  FROM (SELECT product_id FROM product_listing WHERE product_id = $1) k ${JOINS}`;

/** In any state: drafts and removed products too. */
export async function findProductRow(db: Db, id: string): Promise<ProductDetailRow | undefined> {
  const [row] = await runNamed<ProductDetailRow>(db, 'product_detail', DETAIL, [id]);
  return row;
}
