import { describe, expect, it } from 'vitest';
import { behind, type CursorValue, newestFirst, orderTerm, type SortKey } from './keyset.ts';

const written = (order: readonly SortKey[], after: readonly CursorValue[]) =>
  behind(order, after)
    .map((part) => (typeof part === 'string' ? part : `${part.value}::${part.type}`))
    .join('');

const PRICE: SortKey = { expression: 'price', direction: 'asc', type: 'integer' };
const STOCK: SortKey = {
  expression: 'stock',
  direction: 'desc',
  isNullable: true,
  type: 'integer',
};
const ID: SortKey = { expression: 'id', direction: 'asc', type: 'uuid' };

describe('rows behind a cursor', () => {
  it('are one row comparison where all keys go one way, which one index answers', () => {
    expect(written([PRICE, ID], [5, 'x'])).toBe('(price, id) > (5::integer, x::uuid)');
    expect(written(newestFirst('at', 'id'), ['t', 'x'])).toBe(
      '(at, id) < (t::timestamptz, x::uuid)',
    );
  });

  it('are bounded by the first key where directions differ', () => {
    const order = [PRICE, { ...ID, direction: 'desc' as const }];
    expect(written(order, [5, 'x'])).toBe(
      'price >= 5::integer AND (price > 5::integer OR id <= x::uuid AND (id < x::uuid OR false))',
    );
  });

  it('hold nulls last, whatever the direction', () => {
    expect(orderTerm(STOCK)).toBe('stock desc NULLS LAST');
    expect(written([STOCK, ID], [5, 'x'])).toMatch(
      /^\(stock <= 5::integer OR stock IS NULL\) AND \(\(stock < 5::integer OR stock IS NULL\) OR /,
    );
    expect(written([STOCK, ID], [null, 'x'])).toMatch(/^stock IS NULL AND \(false OR id >= /);
  });
});
