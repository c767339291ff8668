// SQL over payments, refunds and provider_events.
import type { Selectable, Updateable } from 'kysely';
import type { Db, DbTransaction } from '../../db/database.ts';
import { newestFirst } from '../../db/paging/keyset.ts';
import { fetchPage, type Page, type PageRequest } from '../../db/paging/paging.ts';
import type { Payments, Refunds } from '../../db/schema.generated.ts';

export type PaymentRow = Selectable<Payments>;
export type RefundRow = Selectable<Refunds>;

export async function findPayment(db: Db, id: string): Promise<PaymentRow | undefined> {
  return db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function findPaymentByReference(
  db: Db,
  provider: string,
  reference: string,
): Promise<PaymentRow | undefined> {
  return db
    .selectFrom('payments')
    .selectAll()
    .where('provider', '=', provider)
    .where('provider_reference', '=', reference)
    .executeTakeFirst();
}

/** The payment of an order, locked; the caller holds the order. */
export async function lockPaymentOfOrder(db: DbTransaction, order_id: string): Promise<PaymentRow> {
  return db
    .selectFrom('payments')
    .selectAll()
    .where('order_id', '=', order_id)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

export async function updatePayment(
  db: Db,
  id: string,
  changes: Updateable<Payments>,
): Promise<PaymentRow> {
  return db
    .updateTable('payments')
    .set(changes)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Notes the wallet session of a payment, unless another request was faster; returns what is noted now. */
export async function noteWalletSession(
  db: Db,
  id: string,
  session: { reference: string; url: string; now: Date },
): Promise<void> {
  await db
    .updateTable('payments')
    .set({
      provider_reference: session.reference,
      wallet_url: session.url,
      updated_at: session.now,
    })
    .where('id', '=', id)
    .where('provider_reference', 'is', null)
    .execute();
}

export interface PaymentFilter {
  readonly user_id?: string | undefined;
  readonly order_id?: string | undefined;
}

export function findPaymentPage(
  db: Db,
  filter: PaymentFilter,
  page: PageRequest,
): Promise<Page<PaymentRow>> {
  const { user_id, order_id } = filter;
  let query = db.selectFrom('payments').selectAll();
  if (user_id !== undefined) query = query.where('user_id', '=', user_id);
  if (order_id !== undefined) query = query.where('order_id', '=', order_id);
  return fetchPage(db, query, {
    order: newestFirst('created_at', 'id'),
    page,
  });
}

/** Wallet sessions whose end we may have missed: pending ones, and given-up ones that may still be paid late. */
export async function findUnsettledPayments(
  db: Db,
  since: Date,
  limit: number,
): Promise<PaymentRow[]> {
  return db
    .selectFrom('payments')
    .selectAll()
    .where('provider_reference', 'is not', null)
    .where('payment_status', 'in', ['PENDING', 'FAILED'])
    .where('created_at', '>', since)
    .orderBy((eb) => eb.fn.coalesce('asked_at', 'created_at'))
    .orderBy('id')
    .limit(limit)
    .execute();
}

export async function noteAsked(db: Db, id: string, at: Date): Promise<void> {
  await db.updateTable('payments').set({ asked_at: at }).where('id', '=', id).execute();
}

/** Remembers a provider's event; false where it is known already. */
export async function insertProviderEvent(
  db: DbTransaction,
  event: {
    provider: string;
    event_id: string;
    kind: string;
    provider_reference: string;
    received_at: Date;
  },
): Promise<boolean> {
  const result = await db
    .insertInto('provider_events')
    .values(event)
    .onConflict((oc) => oc.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) > 0;
}

export async function findRefund(db: Db, id: string): Promise<RefundRow | undefined> {
  return db.selectFrom('refunds').selectAll().where('id', '=', id).executeTakeFirst();
}

export async function updateRefund(
  db: Db,
  id: string,
  changes: Updateable<Refunds>,
): Promise<void> {
  await db.updateTable('refunds').set(changes).where('id', '=', id).execute();
}
