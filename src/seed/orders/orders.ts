// Ninety days of demo orders, in the order in which they were placed.
import type { RowsByTable } from '../../db/insert-together.ts';
import { DEMO_ORDER } from '../../lib/demo-market.ts';
import { DAY_MS, MINUTE_MS, plusMs } from '../../lib/time.ts';
import type { Buyer, People } from '../people.ts';
import type { Product } from '../products.ts';
import { createReviewer } from '../reviews.ts';
import { mergeRows, type Seeding, slices } from '../seeding.ts';
import { closeStock, type StockRows } from '../stock.ts';
import { arrangeShelves, fillBasket } from './basket.ts';
import { draftOrder, type OrderPlan } from './draft.ts';
import { moneyRows } from './money.ts';
import { orderRows } from './order-rows.ts';
import { DEMO_ORDERS, likelyScenario } from './scenarios.ts';
import { applyToStock } from './stock-effects.ts';

const HISTORY_DAYS = 90;
const LEAST_AGE_MS = 20 * MINUTE_MS;
const ORDERS_PER_STATEMENT = 250;
const PRODUCTS_PER_STATEMENT = 2_000;
/** Over one: more of the orders are recent than old. */
const GROWTH = 1.3;

/** Writes orders with all that belongs to them, and the stock of the products that they drew on. */
export async function seedOrders(
  seeding: Seeding,
  people: People,
  sold: readonly Product[],
): Promise<void> {
  const plans = planOrders(seeding, people);
  const makeRows = orderMaker(seeding, people, sold);
  let done = 0;
  for (const some of slices(plans, ORDERS_PER_STATEMENT)) {
    const first = done + 1;
    await seeding.write(mergeRows(some.flatMap((plan, i) => makeRows(plan, first + i))));
    done += some.length;
    seeding.report({ name: 'orders', done, total: plans.length });
  }
  for (const products of slices(sold, PRODUCTS_PER_STATEMENT)) {
    const rows: StockRows = { lots: [], stock_movements: [] };
    for (const product of products) closeStock(product, seeding.now, { ...seeding, rows });
    await seeding.write({ ...rows });
  }
}

/** Makes all rows of an order and of what it does to stock; `sequence` is its number. */
function orderMaker(seeding: Seeding, { admin }: People, sold: readonly Product[]) {
  const { random } = seeding;
  const shelves = arrangeShelves(random, sold);
  const review = createReviewer(seeding);
  return (plan: OrderPlan, sequence: number): RowsByTable[] => {
    const rows: StockRows = { lots: [], stock_movements: [] };
    const chosen = fillBasket(seeding, shelves, { plan, rows });
    const order = draftOrder(seeding, plan, { chosen, sequence });
    return [
      orderRows(random, order, admin.id),
      applyToStock(order, admin.id, { random, rows }),
      { ...rows },
      moneyRows(random, order, admin.id),
      review(order),
    ];
  };
}

/** Random orders and those that show the demo accounts every state, oldest first. */
function planOrders(seeding: Seeding, { buyers, sellers }: People): OrderPlan[] {
  const { random, now, plan } = seeding;
  const [demoCustomer] = buyers;
  const [demoSeller] = sellers;
  if (demoCustomer === undefined || demoSeller === undefined)
    throw new RangeError('there are no demo accounts');
  const shown = [demoCustomer, random.pick(buyers.slice(1))].flatMap((buyer: Buyer, i) =>
    DEMO_ORDERS.map(({ scenario, age_ms, isNamed }) => ({
      scenario,
      ...(isNamed && buyer === demoCustomer ? { ids: DEMO_ORDER } : {}),
      placed_at: plusMs(now, -age_ms - i * random.integer(1, 3) * MINUTE_MS),
      buyer,
      seller: demoSeller,
    })),
  );
  const others = Array.from({ length: plan.orders - shown.length }, () => {
    const age_ms =
      LEAST_AGE_MS +
      Math.floor(random.fraction() ** GROWTH * (HISTORY_DAYS * DAY_MS - LEAST_AGE_MS));
    return {
      scenario: likelyScenario(random, age_ms),
      placed_at: plusMs(now, -age_ms),
      buyer: random.pick(buyers),
    };
  });
  return [...shown, ...others].toSorted((a, b) => a.placed_at.getTime() - b.placed_at.getTime());
}
