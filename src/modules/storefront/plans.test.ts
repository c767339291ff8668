import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../../test/app.ts';
import type { PageRequest } from '../../db/paging.ts';
import { createExplainer, type Explainer, seedProducts } from './plans.testkit.ts';
import { listProducts, type ProductQuery } from './storefront.service.ts';

const PRODUCTS = 20_000;
let test: TestApp;
let explainer: Explainer;
let seller: string;

beforeAll(async () => {
  test = await createTestApp();
  await seedProducts(test, PRODUCTS);
  explainer = createExplainer(test.databaseUrl);
  const row = await test.services.db.selectFrom('sellers').select('id').executeTakeFirstOrThrow();
  seller = row.id;
}, 120_000);
afterAll(async () => {
  await explainer.close();
  await test.close();
});

async function plansOf(query: ProductQuery, page: PageRequest): Promise<string[]> {
  explainer.takePlans();
  await listProducts({ ...test.system, db: explainer.db }, query, page);
  return explainer.takePlans();
}

const FILTERS: [string, () => ProductQuery][] = [
  ['nothing', () => ({})],
  ['a leaf of the tree', () => ({ category: 'Leaf 3 of Top 2' })],
  ['a branch of the tree', () => ({ category: 'top-5' })],
  ['a seller', () => ({ seller })],
  ['a low price', () => ({ price_max: '60' })],
  ['a range of prices', () => ({ price_min: '100', price_max: '150' })],
  ['freshness', () => ({ freshness: 'FRESH' })],
  ['little freshness', () => ({ freshness: 'SLIGHTLY_WITHERED' })],
  ['days left', () => ({ min_days_left: 5 })],
  ['what is in stock', () => ({ in_stock: true })],
  ['what is sold out', () => ({ in_stock: false })],
  ['promos', () => ({ on_promo: true })],
  ['a search', () => ({ search: 'kamatis' })],
  ['a search for a phrase', () => ({ search: 'bitter gourd' })],
  ['a search for what everything has', () => ({ search: 'harvest' })],
  ['a misspelt search', () => ({ search: 'ampalaia' })],
  ['a search in a branch', () => ({ search: 'tomato', category: 'top-1', in_stock: true })],
];
const ORDERINGS = [
  'price',
  '-price',
  'created_at',
  '-created_at',
  'name',
  '-name',
  'sell_count',
  '-sell_count',
  'rating',
  '-rating',
  'price,-created_at',
  '-rating,price',
];

/** A whole sort of anything but the few images of one product, which newer servers sort before they aggregate. */
const SORT_OF_PRODUCTS = /-> +Sort .*\n +Sort Key: (?!i\.)/;

describe(`of ${PRODUCTS} products`, () => {
  it.each(FILTERS)('a list by %s reads no more than its indexes lead to', async (_name, query) => {
    for (const page of [
      { kind: 'number', page: 1, size: 20 } as const,
      { kind: 'cursor', size: 20 } as const,
    ]) {
      const plans = await plansOf(query(), page);
      expect(plans.length).toBeLessThanOrEqual(2);
      expect(plans.join('\n')).not.toMatch(/Seq Scan on product_listing/);
    }
  });

  it.each(ORDERINGS)(
    'a list ordered by %s follows an index, from its start and from a cursor alike',
    async (ordering) => {
      const first = await listProducts(test.system, { ordering }, { kind: 'cursor', size: 20 });
      for (const after of [undefined, first.last]) {
        const [plan = ''] = await plansOf({ ordering }, { kind: 'cursor', size: 20, after });
        expect(plan).not.toMatch(/Seq Scan on product_listing/);
        expect(plan).toMatch(
          /Index (Only )?Scan.* using product_listing_(price|created|name|sold|rating)/,
        );
        // Below the limit: after it, the twenty rows of the page are put in order again.
        expect(plan.slice(plan.indexOf('Limit'))).not.toMatch(SORT_OF_PRODUCTS);
      }
    },
  );

  it('every product is shown once, whichever way one pages', async () => {
    const seen = new Set<string>();
    let after: PageRequest & { kind: 'cursor' } = { kind: 'cursor', size: 100 };
    for (;;) {
      const page = await listProducts(
        test.system,
        { ordering: '-rating', category: 'top-5' },
        after,
      );
      for (const row of page.rows) seen.add(row.id);
      if (!page.hasMore) break;
      after = { ...after, after: page.last };
    }
    const { count } = await listProducts(
      test.system,
      { category: 'top-5' },
      { kind: 'number', page: 1, size: 1 },
    );
    expect(seen.size).toBe(PRODUCTS / 8);
    expect(count).toBe(PRODUCTS / 8);
  });

  it('a count stops at its cap', async () => {
    const page = await listProducts(test.system, {}, { kind: 'number', page: 1, size: 1 });
    expect(page).toMatchObject({ count: 10_000, isCountCapped: true, hasMore: true });
  });

  it('a search ranks at most 1,000 matches, exact names among them', async () => {
    const page = await listProducts(
      test.system,
      { search: 'harvest' },
      { kind: 'number', page: 1, size: 1 },
    );
    expect(page.count).toBe(1_000);
    const exact = await listProducts(
      test.system,
      { search: 'Kamatis 7' },
      { kind: 'number', page: 1, size: 1 },
    );
    expect(exact.rows.map((row) => row.name)).toEqual([expect.stringMatching(/^Kamatis 7$/)]);
  });
});
