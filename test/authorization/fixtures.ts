// Things that belong to somebody, made through the services as their owner would: what the matrix reaches for.
import type { OutsideCtx } from '../../src/context.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { newId } from '../../src/lib/ids.ts';
import { DAY_MS, plusMs } from '../../src/lib/time.ts';
import { addAddress } from '../../src/modules/addresses/addresses.service.ts';
import { startSession } from '../../src/modules/auth/sessions/sessions.service.ts';
import { changeCart } from '../../src/modules/carts/carts.service.ts';
import { simulatePayment } from '../../src/modules/dev/simulation.service.ts';
import { refreshListings } from '../../src/modules/listing/listing.service.ts';
import { placeOrder } from '../../src/modules/orders/checkout/checkout.service.ts';
import { moveOrder } from '../../src/modules/orders/fulfilment/fulfilment.service.ts';
import { receiveWebhook } from '../../src/modules/orders/settlement/settlement.service.ts';
import { createPromo } from '../../src/modules/promos/promos.service.ts';
import { writeReview } from '../../src/modules/reviews/reviews.service.ts';
import { removeUser } from '../../src/modules/users/profiles/profiles.service.ts';
import { createActor, TEST_BARANGAY, type TestActor } from '../support/actors.ts';
import type { TestApp } from '../support/app.ts';
import { actingAs } from '../support/builders.ts';
import { stockProduct } from '../support/market.ts';

/** What a path names: its first parameter, and its second where there is one. */
export interface Names {
  readonly id: string;
  readonly part_id?: string;
}

export interface Deal {
  readonly customer: TestActor;
  readonly seller: TestActor;
}

/** A context in which `user` acts as a verified customer, whatever they are in the database. */
export function asCustomer(test: TestApp, { user_id, session_id }: TestActor): OutsideCtx {
  const person = { kind: 'user', user_id, session_id, role: 'customer' } as const;
  return {
    ...test.system,
    actor: { ...person, is_verified: true, has_mfa: false, proven_at: test.clock.now() },
  };
}

export async function makeSession(test: TestApp, { user_id }: TestActor): Promise<Names> {
  return { id: (await startSession(test.system, { user_id })).session_id };
}

export async function makeAddress(test: TestApp, owner: TestActor): Promise<Names> {
  return addAddress(asCustomer(test, owner), {
    label: 'Home',
    recipient_name: 'Maria Santos',
    recipient_phone: '09171234567',
    street: '12 Rizal St.',
    barangay_code: TEST_BARANGAY,
  });
}

export async function makeEnrolledUser(test: TestApp): Promise<Names> {
  const { user_id } = await createActor(test);
  await test.services.db
    .updateTable('users')
    .set({ mfa_secret: Buffer.alloc(1), mfa_enabled_at: test.clock.now() })
    .where('id', '=', user_id)
    .execute();
  return { id: user_id };
}

export async function makeRemovedUser(test: TestApp): Promise<Names> {
  const { user_id } = await createActor(test);
  await removeUser(test.system, user_id);
  return { id: user_id };
}

/** Stocked, and on sale where its seller is verified. */
export async function makeProduct(test: TestApp, seller: TestActor): Promise<Names> {
  return stockProduct(test, seller.seller_id);
}

export function makeDraft(test: TestApp, seller: TestActor): Promise<Names> {
  return makeProductWith(test, seller, { is_active: false });
}

export function makeRemovedProduct(test: TestApp, seller: TestActor): Promise<Names> {
  return makeProductWith(test, seller, { deleted_at: test.clock.now() });
}

async function makeProductWith(
  test: TestApp,
  seller: TestActor,
  columns: { is_active?: boolean; deleted_at?: Date },
): Promise<Names> {
  const { id } = await makeProduct(test, seller);
  await test.services.db.updateTable('products').set(columns).where('id', '=', id).execute();
  await inTransaction(test.system, (ctx) => refreshListings(ctx, [id]));
  return { id };
}

export async function makeLot(test: TestApp, seller: TestActor): Promise<Names> {
  const { id, lot_ids } = await stockProduct(test, seller.seller_id);
  return { id, part_id: lot_ids[0] ?? '' };
}

export async function makeImage(test: TestApp, seller: TestActor): Promise<Names> {
  const { id } = await makeProduct(test, seller);
  const part_id = newId();
  const file = { content_type: 'image/webp' as const, width: 1, height: 1 };
  await test.services.db
    .insertInto('product_images')
    .values({ id: part_id, product_id: id, position: 1, ...file, created_at: test.clock.now() })
    .execute();
  return { id, part_id };
}

/** A promo of a week; `starts_in_days` below zero for one that runs now. */
export async function makePromo(
  test: TestApp,
  seller: TestActor,
  starts_in_days: number,
): Promise<Names> {
  const now = test.clock.now();
  const { id: product_id } = await makeProduct(test, seller);
  return createPromo(actingAs(test, seller), {
    name: 'Tomato week',
    discount_type: 'PERCENTAGE',
    discount_value: '10',
    starts_at: plusMs(now, starts_in_days * DAY_MS).toISOString(),
    ends_at: plusMs(now, (starts_in_days + 7) * DAY_MS).toISOString(),
    product_ids: [product_id],
  });
}

export async function putInCart(test: TestApp, { customer, seller }: Deal): Promise<Names> {
  const { id } = await makeProduct(test, seller);
  await changeCart(asCustomer(test, customer), {
    product_id: id,
    quantity_milli: 1_000,
    mode: 'set',
  });
  return { id };
}

interface Sale {
  readonly order: Names;
  readonly payment: Names;
  readonly product: Names;
}

/** An order of one product, placed while its seller was in good standing. */
export async function makeSale(
  test: TestApp,
  deal: Deal,
  payment_method: 'COD' | 'GCASH' = 'COD',
): Promise<Sale> {
  const { seller_id } = deal.seller;
  const { db } = test.services;
  const sellers = db.updateTable('sellers').where('id', '=', seller_id);
  const { status } = await db
    .selectFrom('sellers')
    .select('status')
    .where('id', '=', seller_id)
    .executeTakeFirstOrThrow();
  await sellers.set({ status: 'VERIFIED' }).execute();
  const product = await putInCart(test, deal);
  const { id: address_id } = await makeAddress(test, deal.customer);
  const placed = await placeOrder(asCustomer(test, deal.customer), { address_id, payment_method });
  await sellers.set({ status }).execute();
  return { order: placed.order, payment: placed.payment, product };
}

/** On its way to the customer, who has yet to pay for it. */
export async function makeShippedSale(test: TestApp, deal: Deal): Promise<Sale> {
  const sale = await makeSale(test, deal);
  for (const order_status of ['CONFIRMED', 'SHIPPED'] as const)
    await moveOrder(actingAs(test, deal.seller), sale.order.id, { order_status });
  return sale;
}

export async function makeDeliveredSale(test: TestApp, deal: Deal): Promise<Sale> {
  const sale = await makeShippedSale(test, deal);
  await moveOrder(actingAs(test, deal.seller), sale.order.id, { order_status: 'DELIVERED' });
  return sale;
}

export async function makePaidPayment(test: TestApp, deal: Deal): Promise<Names> {
  const { payment } = await makeSale(test, deal, 'GCASH');
  const ctx = asCustomer(test, deal.customer);
  const { provider, ...webhook } = await simulatePayment(ctx, payment.id, 'success');
  await receiveWebhook(test.system, provider, webhook);
  return payment;
}

export async function makeReview(test: TestApp, deal: Deal): Promise<Names> {
  const { product } = await makeDeliveredSale(test, deal);
  const opinion = { product_id: product.id, rating: 4, comment: 'Sweet.' };
  return writeReview(asCustomer(test, deal.customer), opinion);
}
