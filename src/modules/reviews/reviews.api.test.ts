import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../test/support/app.ts';
import {
  type Customer,
  createCustomer,
  order,
  stockProduct,
} from '../../../test/support/market.ts';
import { newId } from '../../lib/ids.ts';

let test: TestApp;
let seller: TestActor;
let rival: TestActor;
let admin: TestActor;
let customer: Customer;
let product: string;

beforeAll(async () => {
  test = await createTestApp();
  rival = await createActor(test, { role: 'seller' });
  admin = await createActor(test, { role: 'admin' });
});
afterAll(() => test.close());

beforeEach(async () => {
  seller = await createActor(test, { role: 'seller' });
  customer = await createCustomer(test);
  product = (await stockProduct(test, seller.seller_id)).id;
});

/** Buys one unit and has it moved to this status. */
async function buy(
  who: Customer,
  product_id: string,
  upTo: 'SHIPPED' | 'DELIVERED' = 'DELIVERED',
): Promise<void> {
  const placed = await order(test, who, { [product_id]: '1' });
  const steps = ['CONFIRMED', 'SHIPPED', 'DELIVERED'];
  for (const order_status of steps.slice(0, steps.indexOf(upTo) + 1)) {
    const path = `/orders/${placed.order.id}/status`;
    const body = { order_status };
    const answer = await test.call({ method: 'PATCH', path, token: seller.token, body });
    expect(answer.statusCode).toBe(200);
  }
}

const write = (who: TestActor, body: Record<string, unknown> = {}) =>
  test.call({
    method: 'POST',
    path: '/reviews',
    token: who.token,
    body: { product_id: product, rating: 4, comment: 'Sweet and fresh.', ...body },
  });

async function review(who: Customer, body: Record<string, unknown> = {}): Promise<string> {
  await buy(who, product);
  const response = await write(who, body);
  expect(response.statusCode).toBe(201);
  return response.json().id;
}

const patch = (id: string, who: TestActor, body: object) =>
  test.call({ method: 'PATCH', path: `/reviews/${id}`, token: who.token, body });
const remove = (id: string, who: TestActor) =>
  test.call({ method: 'DELETE', path: `/reviews/${id}`, token: who.token });
const reply = (id: string, who: TestActor, text = 'Salamat po!') =>
  test.call({
    method: 'POST',
    path: `/reviews/${id}/reply`,
    token: who.token,
    body: { reply: text },
  });
const list = (product_id: string, token?: string) =>
  test.call({ path: `/products/${product_id}/reviews`, token });

/** [sum, number] on the product and on its seller, and the average that the listing shows. */
async function ratings(): Promise<[product: number[], seller: number[], shown: (number | null)[]]> {
  const { db } = test.services;
  const sums = ['rating_sum', 'review_count'] as const;
  const onProduct = await db
    .selectFrom('product_counters')
    .select(sums)
    .where('product_id', '=', product)
    .executeTakeFirstOrThrow();
  const onSeller = await db
    .selectFrom('sellers')
    .select(sums)
    .where('id', '=', seller.seller_id)
    .executeTakeFirstOrThrow();
  const shown = await db
    .selectFrom('product_listing')
    .select(['rating', 'review_count'])
    .where('product_id', '=', product)
    .executeTakeFirstOrThrow();
  return [Object.values(onProduct), Object.values(onSeller), Object.values(shown)];
}

describe('POST /reviews', () => {
  it('publishes the review of a customer under first name and initial, without the user', async () => {
    await buy(customer, product);
    const response = await write(customer, { rating: 5, comment: '  Matamis!  ' });
    expect(response.statusCode).toBe(201);
    expect(response.json()).toMatchObject({
      product_id: product,
      rating: 5,
      comment: 'Matamis!',
      reviewer_name: 'Maria S.',
      reply: null,
      replied_at: null,
    });
    expect(response.json()).not.toHaveProperty('user_id');
    expect(await ratings()).toEqual([
      [5, 1],
      [5, 1],
      [5, 1],
    ]);
  });

  it('is for those who have received the product: not before delivery, not for strangers', async () => {
    expect([(await write(customer)).statusCode, (await write(customer)).json().code]).toEqual([
      403,
      'FORBIDDEN',
    ]);
    await buy(customer, product, 'SHIPPED');
    expect((await write(customer)).statusCode).toBe(403);
    expect(await ratings()).toEqual([
      [0, 0],
      [0, 0],
      [null, 0],
    ]);
  });

  it('is once for each customer and product', async () => {
    await review(customer);
    const second = await write(customer, { rating: 1 });
    expect([second.statusCode, second.json().code, second.json().errors[0].pointer]).toEqual([
      409,
      'CONFLICT',
      '/product_id',
    ]);
    expect(await ratings()).toEqual([
      [4, 1],
      [4, 1],
      [4, 1],
    ]);
  });

  it('needs a verified user; admins and nobody cannot review', async () => {
    const unverified = await createActor(test, { verified: false });
    const body = { product_id: product, rating: 4, comment: 'Fresh.' };
    expect((await test.call({ method: 'POST', path: '/reviews', body })).statusCode).toBe(401);
    expect((await write(unverified)).json().code).toBe('VERIFICATION_REQUIRED');
    expect((await write(admin)).statusCode).toBe(403);
  });

  it('answers 404 for a product that is not there or not on sale', async () => {
    const newcomer = await createActor(test, { role: 'seller', sellerStatus: 'PENDING' });
    const hidden = (await stockProduct(test, newcomer.seller_id)).id;
    for (const product_id of [newId(), hidden])
      expect((await write(customer, { product_id })).statusCode).toBe(404);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no stars', { rating: 0 }, '/rating'],
    ['six stars', { rating: 6 }, '/rating'],
    ['half a star', { rating: 4.5 }, '/rating'],
    ['a rating as text', { rating: '4' }, '/rating'],
    ['a blank comment', { comment: ' \n ' }, '/comment'],
    ['a comment that is too long', { comment: 'a'.repeat(2_001) }, '/comment'],
    ['an unknown member', { reviewer_name: 'Somebody' }, '/reviewer_name'],
    ['an id of the wrong form', { product_id: '1' }, '/product_id'],
  ])('refuses %s', async (_case, body, pointer) => {
    const response = await write(customer, body);
    expect([response.statusCode, response.json().errors[0].pointer]).toEqual([400, pointer]);
  });
});

describe('GET /products/{id}/reviews', () => {
  it('shows everybody the reviews, newest first, in one page and in two statements', async () => {
    const first = await review(customer);
    const second = await review(await createCustomer(test));
    test.statements.length = 0;
    const response = await list(product);
    expect(test.statements.length).toBeLessThanOrEqual(2);
    expect(response.headers['cache-control']).toContain('public');
    expect(response.json()).toMatchObject({ count: 2, results: [{ id: second }, { id: first }] });
  });

  it('is empty for a product without reviews, and 404 for one that is absent or hidden', async () => {
    const newcomer = await createActor(test, { role: 'seller', sellerStatus: 'PENDING' });
    const hidden = (await stockProduct(test, newcomer.seller_id)).id;
    expect((await list(product)).json()).toMatchObject({ count: 0, results: [] });
    for (const id of [newId(), hidden, 'nonsense']) expect((await list(id)).statusCode).toBe(404);
    expect((await list(hidden, rival.token)).statusCode).toBe(404);
    expect((await list(hidden, newcomer.token)).statusCode).toBe(200);
    expect((await list(hidden, admin.token)).statusCode).toBe(200);
  });
});

describe('PATCH /reviews/{id}', () => {
  it('moves the ratings of product and seller by the difference', async () => {
    const id = await review(customer, { rating: 2 });
    const response = await patch(id, customer, { rating: 5 });
    expect([response.statusCode, response.json().rating, response.json().comment]).toEqual([
      200,
      5,
      'Sweet and fresh.',
    ]);
    expect(await ratings()).toEqual([
      [5, 1],
      [5, 1],
      [5, 1],
    ]);
  });

  it('changes the comment alone and leaves the ratings', async () => {
    const id = await review(customer);
    expect((await patch(id, customer, { comment: 'Still fresh.' })).json()).toMatchObject({
      rating: 4,
      comment: 'Still fresh.',
    });
    expect(await ratings()).toEqual([
      [4, 1],
      [4, 1],
      [4, 1],
    ]);
  });

  it("is for its author: others' is 403, an absent one 404, nothing to change 400", async () => {
    const id = await review(customer);
    expect((await patch(id, rival, { rating: 1 })).statusCode).toBe(403);
    expect((await patch(id, admin, { rating: 1 })).statusCode).toBe(403);
    expect((await patch(newId(), customer, { rating: 1 })).statusCode).toBe(404);
    expect((await patch(id, customer, {})).statusCode).toBe(400);
  });
});

describe('DELETE /reviews/{id}', () => {
  it('takes the rating back and lets the customer review again', async () => {
    const id = await review(customer);
    expect((await remove(id, customer)).statusCode).toBe(204);
    expect(await ratings()).toEqual([
      [0, 0],
      [0, 0],
      [null, 0],
    ]);
    expect((await list(product)).json().count).toBe(0);
    expect((await remove(id, customer)).statusCode).toBe(404);
    expect((await write(customer, { rating: 3 })).statusCode).toBe(201);
    expect(await ratings()).toEqual([
      [3, 1],
      [3, 1],
      [3, 1],
    ]);
  });

  it('is for its author and admins, not for the seller who dislikes it', async () => {
    const id = await review(customer);
    expect((await remove(id, seller)).statusCode).toBe(403);
    expect((await remove(id, admin)).statusCode).toBe(204);
  });
});

describe('POST /reviews/{id}/reply', () => {
  it("shows the seller's answer, the last one where there were two", async () => {
    const id = await review(customer);
    expect((await reply(id, seller, 'Thanks')).statusCode).toBe(200);
    expect((await reply(id, seller, ' Salamat po! ')).json()).toMatchObject({
      id,
      reply: 'Salamat po!',
    });
    const [shown] = (await list(product)).json().results;
    expect(shown).toMatchObject({ reply: 'Salamat po!', replied_at: expect.stringMatching(/Z$/) });
  });

  it('is for the seller of the product alone', async () => {
    const id = await review(customer);
    expect((await reply(id, rival)).statusCode).toBe(403);
    expect((await reply(id, customer)).statusCode).toBe(403);
    expect((await reply(id, admin)).statusCode).toBe(403);
    expect((await reply(newId(), seller)).statusCode).toBe(404);
    expect((await reply(id, seller, ' ')).statusCode).toBe(400);
  });
});

it('the audit log holds the rating before and after, and of the words only that they changed', async () => {
  const id = await review(customer, { comment: 'My secret address' });
  await patch(id, customer, { rating: 1, comment: 'Another secret' });
  await reply(id, seller);
  await remove(id, admin);
  const entries = await test.services.db
    .selectFrom('audit_entries')
    .select(['action', 'changes'])
    .where('object_id', '=', id)
    .orderBy('id')
    .execute();
  expect(entries).toEqual([
    { action: 'review.written', changes: {} },
    { action: 'review.changed', changes: { rating: [4, 1], personal: ['comment'] } },
    { action: 'review.replied', changes: {} },
    { action: 'review.removed', changes: {} },
  ]);
});
