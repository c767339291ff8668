// A small, unruly market day against a running server: browsing, searching, mistakes, wrong passwords, orders and crowds.
import { newId } from '../../../src/lib/ids.ts';
import { createActor } from '../actors.ts';
import type { TestApp } from '../app.ts';
import { type Customer, createCustomer, type StockedProduct, stockProduct } from '../market.ts';

/** So many searches at once; a server that takes fewer in hand refuses some. */
const CROWD = 20;

/** All of it over and over, on the API at `url` over the database of `test`, until it is stopped. */
export async function startLoad(test: TestApp, url: string): Promise<{ stop(): Promise<void> }> {
  const seller = await createActor(test, { role: 'seller' });
  const product = await stockProduct(test, seller.seller_id, {
    lots: [{ quantity_milli: 1_000_000, days_left: 5 }],
  });
  const customer = await createCustomer(test);
  let isOver = false;
  const visits = (async () => {
    while (!isOver) await visit(`${url}/api/v1`, product, customer);
  })();
  return {
    stop: async () => {
      isOver = true;
      await visits;
    },
  };
}

async function visit(api: string, { id }: StockedProduct, customer: Customer): Promise<void> {
  const send = async (path: string, init: RequestInit = {}) =>
    (await fetch(`${api}${path}`, init)).arrayBuffer();
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    send(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const signedIn = { authorization: `Bearer ${customer.token}` };
  await send('/products');
  await send(`/products/${id}`);
  await send(`/products/${newId()}`);
  await send('/products?page=none');
  await post('/auth/login', { user_email: 'nobody@example.com', password: 'wrong-password-1' });
  await post('/cart/items', { product_id: id, quantity: '1' }, signedIn);
  await post(
    '/orders/checkout',
    { address_id: customer.address_id, payment_method: 'COD' },
    { ...signedIn, 'idempotency-key': newId() },
  );
  await Promise.all(Array.from({ length: CROWD }, () => send(`/products?search=${newId()}`)));
}
