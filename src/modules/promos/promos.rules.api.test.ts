import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type Db, openDatabase } from '../../db/database.ts';
import { MAX_PRICE_CENTAVOS } from '../../lib/money.ts';
import {
  bestPromo,
  type Discount,
  isDiscountAllowed,
  priceAfter,
  statusAt,
} from './promos.rules.ts';

const RUNS = 2_000;

const price = fc.integer({ min: 1, max: MAX_PRICE_CENTAVOS });
const percentage = fc.record({
  discount_type: fc.constant('PERCENTAGE' as const),
  discount_hundredths: fc.integer({ min: 100, max: 10_000 }),
});
const fixed = fc.record({
  discount_type: fc.constant('FIXED' as const),
  discount_hundredths: fc.integer({ min: 1, max: MAX_PRICE_CENTAVOS }),
});
const discount = fc.oneof(percentage, fixed);
const promos = fc
  .array(fc.tuple(discount, fc.uuid()), { maxLength: 6 })
  .map((list) => list.map(([d, id]) => ({ ...d, id })));

describe('priceAfter', () => {
  it.each([
    [10_000, 'PERCENTAGE', 1_000, 9_000],
    [10_000, 'PERCENTAGE', 10_000, 0],
    [1, 'PERCENTAGE', 100, 1],
    [10, 'PERCENTAGE', 500, 10],
    [50, 'PERCENTAGE', 100, 50],
    [150, 'PERCENTAGE', 100, 149],
    [333, 'PERCENTAGE', 3_333, 222],
    [5_000, 'FIXED', 1_500, 3_500],
    [5_000, 'FIXED', 5_000, 0],
    [5_000, 'FIXED', 9_999, 0],
  ] as const)(
    'takes from %i centavos %s %i hundredths and leaves %i',
    (price_centavos, discount_type, discount_hundredths, left) => {
      expect(priceAfter(price_centavos, { discount_type, discount_hundredths })).toBe(left);
    },
  );

  it('never rises, never falls below nothing, and is whole centavos', () => {
    fc.assert(
      fc.property(price, discount, (price_centavos, promo) => {
        const left = priceAfter(price_centavos, promo);
        expect(Number.isInteger(left)).toBe(true);
        expect(left).toBeGreaterThanOrEqual(0);
        expect(left).toBeLessThanOrEqual(price_centavos);
      }),
    );
  });
});

describe('bestPromo', () => {
  it('leaves the customer the lowest price of all, whatever the order', () => {
    fc.assert(
      fc.property(price, promos, (price_centavos, list) => {
        const best = bestPromo(price_centavos, list);
        expect(best === undefined).toBe(list.length === 0);
        if (best === undefined) return;
        expect(priceAfter(price_centavos, best)).toBe(
          Math.min(...list.map((promo) => priceAfter(price_centavos, promo))),
        );
        expect(bestPromo(price_centavos, list.toReversed())).toEqual(best);
      }),
    );
  });

  it('takes the lowest id of equals', () => {
    const half: Discount = { discount_type: 'PERCENTAGE', discount_hundredths: 5_000 };
    const fifty: Discount = { discount_type: 'FIXED', discount_hundredths: 5_000 };
    expect(
      bestPromo(10_000, [
        { ...half, id: 'b' },
        { ...fifty, id: 'a' },
      ])?.id,
    ).toBe('a');
  });
});

describe('SQL and the rules', () => {
  let database: TestDatabase;
  let db: Db;
  beforeAll(async () => {
    database = await createTestDatabase();
    db = openDatabase({ url: database.url, poolSize: 1, onError: () => {} }).db;
  });
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });

  it('agree on every price and discount', async () => {
    const cases = fc.sample(fc.tuple(price, discount), { numRuns: RUNS, seed: 20_260_302 });
    const { rows } = await sql<{ left: number }>`
      SELECT promo_price(price, type, hundredths) AS left
      FROM unnest(
        ${cases.map(([price_centavos]) => price_centavos)}::integer[],
        ${cases.map(([, promo]) => promo.discount_type)}::text[],
        ${cases.map(([, promo]) => promo.discount_hundredths)}::integer[]
      ) WITH ORDINALITY AS given (price, type, hundredths, position)
      ORDER BY position`.execute(db);
    expect(rows.map((row) => row.left)).toEqual(
      cases.map(([price_centavos, promo]) => priceAfter(price_centavos, promo)),
    );
  });
});

describe('isDiscountAllowed', () => {
  it.each([
    ['PERCENTAGE', 99, false],
    ['PERCENTAGE', 100, true],
    ['PERCENTAGE', 10_000, true],
    ['PERCENTAGE', 10_001, false],
    ['FIXED', 1, true],
    ['FIXED', 0, false],
    ['FIXED', 99_999_999, true],
  ] as const)('%s of %i hundredths: %s', (discount_type, discount_hundredths, allowed) => {
    expect(isDiscountAllowed({ discount_type, discount_hundredths })).toBe(allowed);
  });
});

describe('statusAt', () => {
  const starts_at = new Date('2026-03-01T00:00:00Z');
  const ends_at = new Date('2026-03-08T00:00:00Z');
  it.each([
    ['2026-02-28T23:59:59.999Z', true, 'scheduled'],
    ['2026-03-01T00:00:00.000Z', true, 'active'],
    ['2026-03-07T23:59:59.999Z', true, 'active'],
    ['2026-03-08T00:00:00.000Z', true, 'ended'],
    ['2026-03-04T00:00:00.000Z', false, 'inactive'],
  ])('at %s with is_active %s it is %s', (moment, is_active, status) => {
    expect(statusAt(new Date(moment), { starts_at, ends_at, is_active })).toBe(status);
  });
});
