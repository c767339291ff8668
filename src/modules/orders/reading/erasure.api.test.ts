import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActor } from '../../../../test/support/actors.ts';
import { createTestApp, type TestApp } from '../../../../test/support/app.ts';
import { createCustomer, order, stockProduct } from '../../../../test/support/market.ts';
import { DAY_MS } from '../../../lib/time.ts';
import { eraseDeletedUsers } from '../../users/erasure/erasure.service.ts';
import { forgetErasedCustomers } from './orders.service.ts';

let test: TestApp;
beforeAll(async () => {
  test = await createTestApp();
});
afterAll(() => test.close());

it('an erased customer’s orders stay without the person', async () => {
  const seller = await createActor(test, { role: 'seller' });
  const [customer, other] = [await createCustomer(test), await createCustomer(test)];
  const product = await stockProduct(test, seller.seller_id);
  const { order: placed } = await order(test, customer, { [product.id]: '1' });
  const { order: kept } = await order(test, other, { [product.id]: '1' });
  expect(
    (await test.call({ method: 'DELETE', path: '/users/me', token: customer.token })).statusCode,
  ).toBe(204);
  await forgetErasedCustomers(test.system);
  test.clock.advance(31 * DAY_MS);
  await eraseDeletedUsers(test.system);
  await forgetErasedCustomers(test.system);
  const read = async (id: string) =>
    (
      await test.services.db
        .selectFrom('orders')
        .select('shipping_address')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
    ).shipping_address;
  expect(await read(placed.id)).toMatchObject({
    recipient_name: '',
    recipient_phone: '',
    street: '',
    city: 'Manila City',
  });
  expect(await read(kept.id)).toMatchObject({ recipient_name: 'Maria Santos' });
});
