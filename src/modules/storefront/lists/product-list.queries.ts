// Which products a list shows: the filters of GET /products as SQL over product_listing, and the candidates of a search.
import { type Db, runNamed } from '../../../db/database.ts';
import type { SortKey } from '../../../db/paging/keyset.ts';
import type { Page, PageRequest } from '../../../db/paging/paging.ts';
import { DAY_MS, plusMs } from '../../../lib/time.ts';
import type { Freshness } from '../../inventory/inventory.service.ts';
import { DEFAULT_ORDER } from './ordering.rules.ts';
import { fetchProductPage, type ProductSelection } from './product-pages.queries.ts';
import type { ProductRow } from './product-rows.queries.ts';

/** A search ranks at most this many matches from each of its indexes, and keeps as many. */
const MAX_MATCHES = 1_000;

export interface ProductFilter {
  /** With descendants; an empty list matches nothing. */
  readonly category_ids?: readonly string[];
  readonly seller_id?: string;
  readonly price_min_centavos?: number;
  readonly price_max_centavos?: number;
  readonly freshness?: Freshness;
  readonly min_days_left?: number;
  readonly in_stock?: boolean;
  readonly on_promo?: boolean;
}

/** A search as PostgreSQL understands it. */
export interface SearchTerms {
  /** Lower case, without accents. */
  readonly text: string;
  /** A tsquery, widened by synonyms; empty where the text has only stop words. */
  readonly query: string;
}

const RESOLVE = `
  WITH RECURSIVE tree AS (
    SELECT id FROM categories
    WHERE deleted_at IS NULL AND (slug = $2 OR lower(name) = lower($2) OR id::text = lower($2))
    UNION
    SELECT c.id FROM categories c JOIN tree t ON c.parent_id = t.id WHERE c.deleted_at IS NULL
  )
  SELECT plain_text($1) AS text, search_query($1)::text AS query, ARRAY(SELECT id FROM tree) AS category_ids`;

/** What a list must know before it can be planned: the tsquery of a search, and the ids below a category. */
export async function resolveTerms(
  db: Db,
  terms: { readonly search: string | undefined; readonly category: string | undefined },
): Promise<{ search?: SearchTerms; category_ids?: readonly string[] }> {
  const values = [terms.search ?? null, terms.category ?? null];
  const [row] = await runNamed<SearchTerms & { category_ids: string[] }>(
    db,
    'resolve_terms',
    RESOLVE,
    values,
  );
  return {
    ...(terms.search === undefined || row === undefined
      ? {}
      : { search: { text: row.text, query: row.query } }),
    ...(terms.category === undefined ? {} : { category_ids: row?.category_ids ?? [] }),
  };
}

export interface ProductListing {
  readonly filter: ProductFilter;
  readonly search?: SearchTerms | undefined;
  readonly order: readonly SortKey[];
  readonly now: Date;
}

/** Products on sale. One statement. */
export function findProductPage(
  db: Db,
  listing: ProductListing,
  page: PageRequest,
): Promise<Page<ProductRow>> {
  const { filter, search, order, now } = listing;
  const values: unknown[] = [];
  const where = conditions(filter, now, values);
  if (search !== undefined)
    return fetchProductPage(db, { ...candidates(search, where, values), order, values }, page);
  const total = keptTotal(filter);
  const selection: ProductSelection = {
    from: 'product_listing l',
    where,
    order,
    values,
    ...(total === undefined ? {} : { total }),
  };
  const isUnfiltered = where.length === ALWAYS.length && order === DEFAULT_ORDER;
  return fetchProductPage(
    db,
    isUnfiltered ? { ...selection, name: 'product_list' } : selection,
    page,
  );
}

/** Sellers whose products are off sale before their listings say so: none most of the time. */
const WITHDRAWN = 'SELECT w.id FROM sellers w WHERE w.is_withdrawn';
const ALWAYS = ['l.on_sale', `l.seller_id <> ALL (ARRAY(${WITHDRAWN}))`];

/**
 * How many match, where writers keep count of it: counting 10,000 index entries costs more than the page. Of withdrawn
 * sellers, which the counts still hold, each listing is counted off.
 */
function keptTotal({ category_ids, seller_id, ...others }: ProductFilter): string | undefined {
  if (Object.keys(others).length > 0) return undefined;
  // The first value of a selection is that of its only filter.
  if (seller_id === undefined) {
    const isWithin =
      category_ids === undefined
        ? 'true'
        : `category_id ${category_ids.length === 1 ? '= $1::uuid' : '= ANY ($1::uuid[])'}`;
    return `(SELECT coalesce(sum(number), 0) FROM category_product_counts WHERE ${isWithin}) -
      (SELECT count(*) FROM product_listing WHERE on_sale AND seller_id IN (${WITHDRAWN}) AND ${isWithin})`;
  }
  if (category_ids === undefined)
    return '(SELECT coalesce(sum(s.product_count), 0) FROM sellers s WHERE s.id = $1::uuid AND s.is_selling)';
  return undefined;
}

/** Adds the values of `filter` to `values`. */
function conditions(filter: ProductFilter, now: Date, values: unknown[]): string[] {
  const given = [...ALWAYS];
  const bind = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const {
    category_ids,
    seller_id,
    price_min_centavos,
    price_max_centavos,
    freshness,
    min_days_left,
    in_stock,
    on_promo,
  } = filter;
  // A single id by `=`: only then does the category's index give the default order too.
  if (category_ids?.length === 1) given.push(`l.category_id = ${bind(category_ids[0], 'uuid')}`);
  else if (category_ids !== undefined)
    given.push(`l.category_id = ANY (${bind(category_ids, 'uuid[]')})`);
  if (seller_id !== undefined) given.push(`l.seller_id = ${bind(seller_id, 'uuid')}`);
  if (price_min_centavos !== undefined)
    given.push(`l.price_centavos >= ${bind(price_min_centavos, 'integer')}`);
  if (price_max_centavos !== undefined)
    given.push(`l.price_centavos <= ${bind(price_max_centavos, 'integer')}`);
  if (freshness !== undefined)
    given.push(...FRESHNESS_CONDITIONS[freshness](() => bind(now, 'timestamptz')));
  if (min_days_left !== undefined) {
    given.push(
      `l.next_lot_expires_at >= ${bind(plusMs(now, min_days_left * DAY_MS), 'timestamptz')}`,
    );
  }
  if (in_stock !== undefined) given.push(in_stock ? 'l.in_stock' : 'NOT l.in_stock');
  if (on_promo !== undefined) given.push(`l.promo_id IS ${on_promo ? 'NOT ' : ''}NULL`);
  return given;
}

/** The rule of inventory's freshness, on the moments that a listing keeps for it. */
const FRESHNESS_CONDITIONS: Readonly<Record<Freshness, (now: () => string) => string[]>> = {
  FRESH: (now) => [`l.next_lot_half_life_at > ${now()}`],
  SLIGHTLY_WITHERED: (now) => [
    `l.next_lot_half_life_at <= ${now()}`,
    `l.next_lot_expires_at > ${now()}`,
  ],
  // Never sold, so never listed.
  ROTTEN: () => ['false'],
};

/**
 * The best matches of a search, at most MAX_MATCHES, each with its relevance: above 2 the exact name, above 1 a name
 * that begins so, below that by full text; names that are merely similar only where those find nothing.
 */
function candidates(
  { text, query }: SearchTerms,
  where: readonly string[],
  values: unknown[],
): Pick<ProductSelection, 'with' | 'from' | 'where'> {
  const bind = (value: string, type: string) => `$${values.push(value)}::${type}`;
  const name = bind(text, 'text');
  const prefix = `l.plain_name LIKE ${bind(`${text.replace(/[\\%_]/g, '\\$&')}%`, 'text')}`;
  const terms = bind(query, 'tsquery');
  const matches = `FROM product_listing l WHERE ${where.join(' AND ')}`;
  return {
    with: `
      WITH named AS MATERIALIZED (
        SELECT ${CANDIDATE}, CASE WHEN l.plain_name = ${name} THEN 2 ELSE 1 END + ts_rank(l.document, ${terms}, 32) AS relevance
        ${matches} AND ${prefix} ORDER BY l.plain_name, l.product_id LIMIT ${MAX_MATCHES}
      ), worded AS MATERIALIZED (
        SELECT ${CANDIDATE}, ts_rank(l.document, ${terms}, 32) AS relevance FROM (
          SELECT l.* ${matches} AND l.document @@ ${terms} AND NOT ${prefix}
          ORDER BY l.created_at DESC, l.product_id DESC LIMIT ${MAX_MATCHES}
        ) l
      ), alike AS MATERIALIZED (
        SELECT ${CANDIDATE}, word_similarity(${name}, l.plain_name) AS relevance
        ${matches} AND ${name} <% l.plain_name AND NOT EXISTS (SELECT FROM named) AND NOT EXISTS (SELECT FROM worded)
        ORDER BY relevance DESC, l.product_id DESC LIMIT ${MAX_MATCHES}
      ), candidates AS MATERIALIZED (
        SELECT ${CANDIDATE}, l.relevance::double precision FROM (
          SELECT * FROM named UNION ALL SELECT * FROM worded UNION ALL SELECT * FROM alike
        ) l ORDER BY l.relevance DESC, l.product_id DESC LIMIT ${MAX_MATCHES}
      )`,
    from: 'candidates l',
    where: [],
  };
}

/** What orderings refer to. */
const CANDIDATE =
  'l.product_id, l.price_centavos, l.created_at, l.plain_name, l.sell_count, l.rating';
