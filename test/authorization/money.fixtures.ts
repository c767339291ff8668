// Money on its way: riders' cash.

import { openCashSession } from '../../src/modules/cash/cash.service.ts';
import { createActor, type TestActor } from '../support/actors.ts';
import type { TestApp } from '../support/app.ts';
import { actingAs } from '../support/builders.ts';
import { type Deal, makeDeliveredSale, type Names } from './fixtures.ts';

export async function makeCashSession(test: TestApp): Promise<Names> {
  const admin = await createActor(test, { role: 'admin' });
  const { session } = await openCashSession(actingAs(test, admin), 'Ramon D.');
  return { id: session.id };
}

/** Delivered by a rider, who took the cash. @returns the seller order */
export async function makeRiderSale(test: TestApp, deal: Deal): Promise<Names> {
  const { db } = test.services;
  const collectBy = (cash_collector: 'SELLER' | 'RIDER', seller: TestActor) =>
    db.updateTable('sellers').set({ cash_collector }).where('id', '=', seller.seller_id).execute();
  await collectBy('RIDER', deal.seller);
  const { order } = await makeDeliveredSale(test, deal);
  await collectBy('SELLER', deal.seller);
  return db
    .selectFrom('seller_orders')
    .select('id')
    .where('order_id', '=', order.id)
    .executeTakeFirstOrThrow();
}
