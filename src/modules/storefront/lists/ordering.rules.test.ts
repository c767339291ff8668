import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_ORDER, ORDER_FIELDS, ORDERING_PATTERN, orderKeys } from './ordering.rules.ts';

const member = fc
  .tuple(fc.constantFrom('', '-'), fc.constantFrom(...ORDER_FIELDS))
  .map(([sign, field]) => sign + field);

describe('an ordering', () => {
  it.each(['price', '-price', 'price,-created_at', 'rating,name,sell_count'])(
    'may be %s',
    (ordering) => {
      expect(ordering).toMatch(new RegExp(ORDERING_PATTERN));
    },
  );

  it.each([
    '',
    'cost',
    '--price',
    'price,',
    ',price',
    'price;name',
    'price, name',
    '+price',
    'PRICE',
    'price;DROP TABLE users',
  ])('may not be "%s"', (ordering) => {
    expect(ordering).not.toMatch(new RegExp(ORDERING_PATTERN));
  });

  it('breaks ties by id in the direction of its first field', () => {
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: ORDER_FIELDS.length }), (members) => {
        const keys = orderKeys(members.join(','));
        expect(keys).toHaveLength(members.length + 1);
        expect(keys.at(-1)).toMatchObject({
          expression: 'l.product_id',
          direction: keys[0]?.direction,
        });
        expect(keys.slice(0, -1).map((key) => key.direction)).toEqual(
          members.map((m) => (m.startsWith('-') ? 'desc' : 'asc')),
        );
      }),
    );
  });

  it('is newest first by default', () => {
    expect(DEFAULT_ORDER).toMatchObject([
      { expression: 'l.created_at', direction: 'desc' },
      { expression: 'l.product_id', direction: 'desc' },
    ]);
  });

  it('puts the unrated last in both directions', () => {
    const ratings = [4, null, 2];
    const sorted = (sign: '' | '-') => {
      const [key] = orderKeys(`${sign}rating`);
      const stand_in = Number(/coalesce\(l\.rating, (\d)\)/.exec(key?.expression ?? '')?.[1]);
      return ratings.toSorted(
        (a, b) => (sign === '' ? 1 : -1) * ((a ?? stand_in) - (b ?? stand_in)),
      );
    };
    expect([sorted(''), sorted('-')]).toEqual([
      [2, 4, null],
      [4, 2, null],
    ]);
  });
});
