// Every answer example of the documents could be one of the demo market: it adds up, and names what is there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_NOW } from '../../src/lib/demo-market.ts';
import { faultsOf } from './examples/arithmetic.ts';
import { operationsOf, readDocument } from './examples/documents.ts';
import { type Market, openMarket } from './examples/market.ts';
import { strangersIn } from './examples/words.ts';

const SEEDING_TIMEOUT_MS = 120_000;

const document = await readDocument('v1');
/** By operation, what it answers with on success. */
const answers = operationsOf(document).flatMap(({ name, operation }) =>
  Object.entries(operation.responses)
    .filter(([status]) => status < '300')
    .flatMap(([, { content }]) => {
      const json = content?.['application/json'];
      return json === undefined ? [] : [[name, json.example] as const];
    }),
);
/** Parts of models have none of their own. */
const models = Object.entries(document.components.schemas).flatMap(([name, { examples = [] }]) =>
  examples.map((example) => [name, example] as const),
);

let market: Market;
beforeAll(async () => {
  market = await openMarket();
}, SEEDING_TIMEOUT_MS);
afterAll(() => market.test.close());

it('there are some', () => {
  expect([answers.length, models.length].map((count) => count > 50)).toEqual([true, true]);
});

describe('what is shown adds up:', () => {
  it.each([...answers, ...models])('%s', (_name, example) => {
    expect(example).toBeDefined();
    expect(faultsOf(example, EXAMPLE_NOW)).toEqual([]);
  });
});

describe('what is shown names what the demo market has:', () => {
  it.each(answers)('%s', async (_name, example) => {
    expect(await strangersIn(market.test.services.db, example)).toEqual([]);
  });
});

it('the checkout shows an order and the payment of that very order', () => {
  const [, shown] = answers.find(([name]) => name === 'POST /orders/checkout') ?? [];
  const { order, payment } = shown as Record<'order' | 'payment', Record<string, string>>;
  expect(payment).toMatchObject({
    order_id: order['id'],
    amount: order['total_amount'],
    payment_status: order['payment_status'],
    payment_method: order['payment_method'],
  });
});

it.each([
  ['a line total rounded down', { unit_price: '0.99', quantity: '1.500', line_total: '1.48' }],
  [
    'a refund of what was not paid',
    { amount: '10.00', refunded_amount: '5.00', payment_status: 'PENDING', checkout_url: null },
  ],
  ['a total without its discount', { subtotal: '10.00', discount: '1.00', total_amount: '10.00' }],
  [
    'a step that nobody can take',
    { from_status: 'DELIVERED', to_status: 'SHIPPED', actor_role: 'seller' },
  ],
])('these tests find %s', (_what, example) => {
  expect(faultsOf(example, EXAMPLE_NOW)).toHaveLength(1);
});

it('these tests find a name that is not there', async () => {
  const { db } = market.test.services;
  expect(await strangersIn(db, { seller: { business_name: 'Text' } })).toEqual([
    'business_name: Text',
  ]);
});
