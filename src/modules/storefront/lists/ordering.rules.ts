// How a product list is ordered: the fields that people may name, and the index expression behind each.
import type { SortKey } from '../../../db/paging/keyset.ts';

export const ORDER_FIELDS = ['price', 'created_at', 'name', 'sell_count', 'rating'] as const;
export type OrderField = (typeof ORDER_FIELDS)[number];
type Direction = SortKey['direction'];

const field = ORDER_FIELDS.join('|');
/** A comma list of fields, each with an optional `-`. */
export const ORDERING_PATTERN = `^-?(${field})(,-?(${field})){0,${ORDER_FIELDS.length - 1}}$`;

/** Over a selection of products `l`. Never null, so that one comparison finds the next page. */
const KEYS: Readonly<Record<OrderField, (direction: Direction) => Omit<SortKey, 'direction'>>> = {
  price: () => ({ expression: 'l.price_centavos', type: 'integer' }),
  created_at: () => ({ expression: 'l.created_at', type: 'timestamptz' }),
  name: () => ({ expression: 'l.plain_name', type: 'text' }),
  sell_count: () => ({ expression: 'l.sell_count', type: 'integer' }),
  // Ratings are 1 to 5: this puts the unrated last in either direction.
  rating: (direction) => ({
    expression: `coalesce(l.rating, ${direction === 'asc' ? 6 : 0})`,
    type: 'numeric',
  }),
};

/**
 * The keys of an ordering such as `price,-created_at`, ties broken by id in the direction of the first key,
 * so that an index on first key and id answers both.
 */
export function orderKeys(ordering: string): SortKey[] {
  const keys = ordering.split(',').map((member): SortKey => {
    const direction = member.startsWith('-') ? 'desc' : 'asc';
    return { ...KEYS[member.replace('-', '') as OrderField](direction), direction };
  });
  return withId(keys);
}

/** Newest first. */
export const DEFAULT_ORDER: readonly SortKey[] = orderKeys('-created_at');

/** Best match of a search first. */
export const RELEVANCE: readonly SortKey[] = withId([
  { expression: 'l.relevance', direction: 'desc', type: 'double precision' },
]);

function withId(keys: readonly SortKey[]): SortKey[] {
  return [
    ...keys,
    { expression: 'l.product_id', direction: keys[0]?.direction ?? 'desc', type: 'uuid' },
  ];
}
