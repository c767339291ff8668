import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActor, type TestActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { createCustomer, order, stockOf, stockProduct } from '../../../../test/support/market.ts';

let test: TestApp;
let seller: TestActor;
let client: pg.Client;

beforeAll(async () => {
  test = await createTestApp({ poolSize: 4 });
  seller = await createActor(test, { role: 'seller' });
  client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await test.close();
});

const move = (id: string, order_status: string) =>
  test.call({
    method: 'PATCH',
    path: `/orders/${id}/status`,
    token: seller.token,
    body: { order_status },
  });

async function isBlockingSomebody(): Promise<boolean> {
  const { rows } = await client.query(
    'SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))',
  );
  return rows.length > 0;
}

it('a delivery paid in cash holds no listing while it waits for its seller, who is locked first', async () => {
  const product = await stockProduct(test, seller.seller_id);
  const customer = await createCustomer(test);
  const { order: placed } = await order(test, customer, { [product.id]: '4' });
  await move(placed.id, 'CONFIRMED');
  await move(placed.id, 'SHIPPED');
  await client.query('BEGIN');
  // As every refresh of a listing begins.
  await client.query('SELECT FROM sellers WHERE id = $1 FOR NO KEY UPDATE', [seller.seller_id]);
  const delivery = move(placed.id, 'DELIVERED');
  await expect.poll(isBlockingSomebody, { interval: 5, timeout: 5_000 }).toBe(true);
  await client.query('SELECT FROM product_listing WHERE product_id = $1 FOR UPDATE NOWAIT', [
    product.id,
  ]);
  await client.query('COMMIT');
  expect((await delivery).statusCode).toBe(200);
  expect(await stockOf(test, product.id)).toEqual([{ on_hand_milli: 6_000, reserved_milli: 0 }]);
  const listing = await test.services.db
    .selectFrom('product_listing')
    .select(['available_milli', 'sell_count'])
    .where('product_id', '=', product.id)
    .executeTakeFirstOrThrow();
  expect(listing).toEqual({ available_milli: 6_000, sell_count: 1 });
});
