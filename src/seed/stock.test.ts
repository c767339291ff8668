import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, plusMs } from '../lib/time.ts';
import { createRandom } from './random.ts';
import {
  closeStock,
  moveStock,
  planHarvests,
  type Stocked,
  type StockRows,
  type StockState,
  takeStock,
} from './stock.ts';

const NOW = new Date('2026-03-02T02:00:00.000Z');

function createProduct(state: StockState = 'fresh', seed = 1, shelf_life_days = 6): Stocked {
  const grown = {
    unit: 'kg',
    shelf_life_days,
    created_at: plusMs(NOW, -200 * DAY_MS),
    state,
    isAbundant: false,
  } as const;
  const harvests = planHarvests(createRandom(seed), grown, NOW);
  return { id: 'product', harvester_id: 'farmer', harvests, lots: new Map() };
}

function createRows() {
  const rows: StockRows = { lots: [], stock_movements: [] };
  return { random: createRandom(1), rows };
}

const wishes = fc.array(
  fc.record({
    age_ms: fc.integer({ min: 0, max: 90 * DAY_MS }),
    keeps_ms: fc.integer({ min: 0, max: DAY_MS }),
    quantity_milli: fc.integer({ min: 1, max: 90_000 }),
  }),
  { maxLength: 60 },
);
const states = fc.constantFrom<StockState>(
  'just_harvested',
  'fresh',
  'withered',
  'rotten',
  'sold_out',
);

describe('takeStock', () => {
  it('fills a wish wholly from lots of that day, first expired first, and never takes more than was harvested', () => {
    fc.assert(
      fc.property(wishes, states, fc.integer(), (orders, state, seed) => {
        const product = createProduct(state, seed);
        const made = createRows();
        for (const { age_ms, keeps_ms, quantity_milli } of orders.toSorted(
          (a, b) => b.age_ms - a.age_ms,
        )) {
          const at = plusMs(NOW, -age_ms);
          const until = plusMs(at, keeps_ms);
          const taken = takeStock(product, { quantity_milli, at, until }, made);
          if (taken === undefined) continue;
          expect(taken.reduce((sum, part) => sum + part.quantity_milli, 0)).toBe(quantity_milli);
          const expiries = taken.map(({ lot }) => lot.expires_at.getTime());
          expect(expiries.toSorted((a, b) => a - b)).toEqual(expiries);
          for (const { lot } of taken) {
            expect(lot.created_at <= at && lot.expires_at > until).toBe(true);
            expect(lot.free_milli).toBeGreaterThanOrEqual(0);
          }
        }
      }),
    );
  });

  it('takes from a second lot what the first has not', () => {
    const product = createProduct('fresh', 2);
    const made = createRows();
    const { last_at, quantity_milli } = product.harvests;
    // The lot before the last one is sold until 1.2 days after the last harvest.
    const at = plusMs(last_at, 12 * HOUR_MS);
    const taken = takeStock(
      product,
      { quantity_milli: quantity_milli + 1_000, at, until: at },
      made,
    );
    expect(taken?.map((part) => part.quantity_milli)).toEqual([quantity_milli, 1_000]);
  });

  it('takes nothing where there is not enough', () => {
    const product = createProduct();
    const made = createRows();
    const quantity_milli = product.harvests.quantity_milli * 3;
    expect(takeStock(product, { quantity_milli, at: NOW, until: NOW }, made)).toBeUndefined();
    expect(made.rows).toEqual({ lots: [], stock_movements: [] });
  });
});

describe('closeStock', () => {
  it.each([
    ['just_harvested', 0, 0.1],
    ['fresh', 0, 0.5],
    ['withered', 0.5, 1],
    ['rotten', 1, 2],
  ] as const)('leaves a product that is %s with a lot of that age', (state, youngest, oldest) => {
    const product = createProduct(state, 3, 30);
    closeStock(product, NOW, createRows());
    const lot = product.lots.get(0);
    const age = (NOW.getTime() - (lot?.harvested_at.getTime() ?? 0)) / (30 * DAY_MS);
    expect(lot?.on_hand_milli).toBe(product.harvests.quantity_milli);
    expect(age).toBeGreaterThanOrEqual(youngest);
    expect(age).toBeLessThanOrEqual(oldest);
  });

  it('leaves nothing of a product that is sold out', () => {
    const product = createProduct('sold_out');
    closeStock(product, NOW, createRows());
    expect(product.lots.get(0)?.on_hand_milli).toBe(0);
  });

  it('keeps what is reserved, and clears a lot only after its last movement', () => {
    const product = createProduct('fresh', 5);
    const made = createRows();
    const at = plusMs(NOW, -20 * DAY_MS);
    const [taken] = takeStock(product, { quantity_milli: 5_000, at, until: at }, made) ?? [];
    if (taken === undefined) throw new Error('nothing was taken');
    taken.lot.reserved_milli = 2_000;
    const came_back_at = plusMs(taken.lot.expires_at, HOUR_MS);
    moveStock(
      taken.lot,
      {
        delta_milli: 3_000,
        reason: 'RESTOCK',
        reference: null,
        actor_id: null,
        created_at: came_back_at,
      },
      made,
    );
    closeStock(product, NOW, made);
    expect(taken.lot.on_hand_milli).toBe(2_000);
    expect(taken.lot.moved_at).toEqual(came_back_at);
  });
});
