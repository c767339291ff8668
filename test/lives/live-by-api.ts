// Many random orders at once, lived through the API and by the model, compared after every step.
import { sql } from 'kysely';
import { expect } from 'vitest';
import { parseMoney } from '../../src/lib/money.ts';
import { MINUTE_MS } from '../../src/lib/time.ts';
import { type Balances, nonZero } from '../support/accounting/programs.ts';
import type { TestApp } from '../support/app.ts';
import type { ApiMarket, ApiOrder } from './api-market.ts';
import { dueToParties, pass, type Step, take } from './model.ts';
import type { Random } from './random.ts';
import { nextStep } from './steps.ts';

const STEPS_A_LIFE = 15;
const AT_ONCE = 6;

export interface LivesByApi {
  readonly test: TestApp;
  readonly market: ApiMarket;
  readonly random: Random;
  readonly lives: number;
  /** What to say of a failure: how to have it again. */
  readonly name: string;
  /** How much time passes once in a while; minutes. */
  readonly waits: readonly [number, ...number[]];
}

interface Living {
  readonly order: ApiOrder;
  readonly past: (Step | string)[];
}

/** @returns all orders, whose lives went on until the end. Fails where API and model differ */
export async function liveByApi(run: LivesByApi): Promise<readonly ApiOrder[]> {
  const { market, random, lives, waits } = run;
  const orders: ApiOrder[] = [];
  let living: readonly Living[] = [];
  while (orders.length < lives || living.length > 0) {
    while (living.length < AT_ONCE && orders.length < lives) {
      const order = await market.place(random);
      orders.push(order);
      living = [...living, { order, past: [] }];
    }
    if (random.oneIn(40)) {
      const minutes = random.pick(waits);
      await passTime(run, orders, minutes);
      for (const { past } of living) past.push(`${minutes} minutes`);
    }
    const one = living[random.between(0, living.length - 1)];
    if (one !== undefined) await takeStep(run, one);
    living = living.filter(({ past }) => past.length < STEPS_A_LIFE);
  }
  await passTime(run, orders, 1);
  // Those that nobody touched any more have been through the jobs.
  for (const order of orders) await expectAsModelled(run.test, order, run.name);
  return orders;
}

async function passTime(
  { test, market }: LivesByApi,
  orders: readonly ApiOrder[],
  minutes: number,
): Promise<void> {
  for (const { life } of orders) pass(life, test.clock.now().getTime());
  await market.pass(minutes * MINUTE_MS);
  for (const { life } of orders) pass(life, test.clock.now().getTime());
}

async function takeStep(
  { test, market, random, name }: LivesByApi,
  { order, past }: Living,
): Promise<void> {
  const step = nextStep(random, order.life);
  past.push(step);
  const story = `${name}: ${order.life.method}, ${JSON.stringify(past)}`;
  const isAllowed = take(order.life, step, test.clock.now().getTime());
  expect((await market.take(order, step)) ?? isAllowed, story).toBe(isAllowed);
  await expectAsModelled(test, order, story);
}

async function expectAsModelled(test: TestApp, order: ApiOrder, story: string): Promise<void> {
  const parts = order.life.parts.map(({ status, returned }) => ({ status, returned }));
  expect(await partsOf(test, order), story).toEqual(parts);
  expect(await bookedOf(test, order), story).toEqual(dueOf(order));
}

/** What the model says that the journal must come to for an order, by account and seller. */
export function dueOf({ life }: ApiOrder): Balances {
  return nonZero(Object.entries(dueToParties(life)));
}

async function bookedOf({ services }: TestApp, { order_id }: ApiOrder): Promise<Balances> {
  const { rows } = await sql<{ account: string; centavos: number }>`
    SELECT concat_ws(' ', l.account, l.seller_id) AS account,
      sum(l.debit_centavos - l.credit_centavos)::float8 AS centavos
    FROM journal_entries e JOIN journal_lines l ON l.entry_id = e.id
    WHERE e.order_id = ${order_id} GROUP BY 1`.execute(services.db);
  return nonZero(rows.map(({ account, centavos }) => [account, centavos]));
}

/** What the customer is told. */
async function partsOf(test: TestApp, order: ApiOrder) {
  const { order_id, customer, seller_order_ids } = order;
  const answer = await test.call({ path: `/orders/${order_id}`, token: customer.token });
  const told: { id: string; order_status: string; refunded_amount: string }[] =
    answer.json().seller_orders;
  return seller_order_ids.map((id) => {
    const one = told.find((sellerOrder) => sellerOrder.id === id);
    return { status: one?.order_status, returned: parseMoney(one?.refunded_amount ?? '0') };
  });
}
