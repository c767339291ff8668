// Money on its way: riders' cash, and payouts.

import type { OutsideCtx } from '../../src/context.ts';
import { DAY_MS, plusMs } from '../../src/lib/time.ts';
import { openCashSession } from '../../src/modules/cash/cash.service.ts';
import { setDestination } from '../../src/modules/payouts/destinations/destinations.service.ts';
import {
  approvePayoutRun,
  createPayoutRun,
  getPayoutRun,
  startPayouts,
} from '../../src/modules/payouts/runs/runs.service.ts';
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

const DESTINATION = {
  bank_code: 'BNORPHMM',
  account_name: 'Nena Bautista',
  account_number: '001234506789',
};
const LONG_AGO_MS = 30 * DAY_MS;

/** Without waiting: nothing is pending, and every centavo is paid out. */
function atOnce(ctx: OutsideCtx): OutsideCtx {
  return { ...ctx, config: { ...ctx.config, CLAIM_WINDOW_HOURS: 0, PAYOUT_MINIMUM: 1 } };
}

async function asAdmin(test: TestApp): Promise<OutsideCtx> {
  return atOnce(actingAs(test, await createActor(test, { role: 'admin' })));
}

/** Where the seller has been paid for a while. */
export async function setOldDestination(test: TestApp, seller: TestActor): Promise<void> {
  await setDestination(actingAs(test, seller), seller.seller_id, DESTINATION);
  const changed_at = plusMs(test.clock.now(), -LONG_AGO_MS);
  await test.services.db
    .updateTable('seller_accounts')
    .set({ changed_at })
    .where('seller_id', '=', seller.seller_id)
    .execute();
}

export async function makePayoutRun(test: TestApp): Promise<Names> {
  const { run } = await createPayoutRun(await asAdmin(test));
  return { id: run.id };
}

/** On its way to a seller who has just sold something. */
export async function makeStartedPayout(test: TestApp): Promise<Names> {
  const seller = await createActor(test, { role: 'seller' });
  await makeRiderSale(test, { customer: await createActor(test), seller });
  await setOldDestination(test, seller);
  const { run } = await createPayoutRun(await asAdmin(test));
  await approvePayoutRun(await asAdmin(test), run.id);
  await startPayouts(atOnce(test.system));
  const { payouts } = await getPayoutRun(test.system, run.id);
  const id = payouts.find(({ seller_id }) => seller_id === seller.seller_id)?.id;
  if (id === undefined) throw new Error('nothing was available to the seller');
  return { id };
}
