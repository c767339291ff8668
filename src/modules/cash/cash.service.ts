// Cash with riders: sessions that collect what deliveries brought in, and are counted when it is handed in.
import { type Ctx, signedIn, type TxCtx } from '../../context.ts';
import { insertTogether } from '../../db/insert-together.ts';
import type { Page, PageRequest } from '../../db/paging/paging.ts';
import { inTransaction } from '../../db/transaction.ts';
import { newId } from '../../lib/ids.ts';
import { invalidField, notFound } from '../../lib/problem.ts';
import { auditRow, recordAudit } from '../audit/audit.service.ts';
import { cashCollected, cashHandedIn } from '../ledger/cash-entries.rules.ts';
import { journalRows } from '../ledger/ledger.service.ts';
import { eventRows } from '../notifications/notifications.service.ts';
import { assignCash } from '../orders/writing/collection.service.ts';
import { notCollectable, sessionClosed } from './cash.errors.ts';
import {
  type CashOrder,
  type CashSessionRow,
  closeSession,
  findOrdersOfSession,
  findSession,
  findSessionPage,
  findUncollectedPage,
  insertSession,
  lockSession,
} from './cash.queries.ts';

export type { CashOrder, CashSessionRow } from './cash.queries.ts';

/** A session with the seller orders whose cash it holds. */
export interface CashSession {
  readonly session: CashSessionRow;
  readonly orders: readonly CashOrder[];
}

export function openCashSession(ctx: Ctx, rider_name: string): Promise<CashSession> {
  const { user_id } = signedIn(ctx);
  return inTransaction(ctx, async (ctx) => {
    const session = await insertSession(ctx.db, {
      id: newId(),
      rider_name,
      status: 'OPEN',
      opened_by: user_id,
      opened_at: ctx.clock.now(),
    });
    await recordAudit(ctx, {
      action: 'cash_session.opened',
      object_type: 'cash_session',
      object_id: session.id,
      personal: ['rider_name'],
    });
    return { session, orders: [] };
  });
}

/** @throws Problem NOT_FOUND */
export async function getCashSession(ctx: Ctx, id: string): Promise<CashSession> {
  const session = await findSession(ctx.db, id);
  if (session === undefined) throw notFound('cash session');
  return { session, orders: await findOrdersOfSession(ctx.db, id) };
}

export function listCashSessions(
  ctx: Ctx,
  filter: { readonly status?: CashSessionRow['status'] | undefined },
  page: PageRequest,
): Promise<Page<CashSessionRow>> {
  return findSessionPage(ctx.db, filter, page);
}

/** Seller orders that were delivered for cash with a rider and are in no session yet. */
export function listUncollectedCash(ctx: Ctx, page: PageRequest): Promise<Page<CashOrder>> {
  return findUncollectedPage(ctx.db, page);
}

/**
 * The session's rider holds the cash of these seller orders: all of them, or none.
 * @throws Problem NOT_FOUND, CONFLICT where the session is closed or a seller order has no cash to collect
 */
export function collectCash(
  ctx: Ctx,
  id: string,
  seller_order_ids: readonly string[],
): Promise<CashSession> {
  return inTransaction(ctx, async (ctx) => {
    await holdOpenSession(ctx, id);
    const collected = await assignCash(ctx, id, seller_order_ids);
    const missing = seller_order_ids.filter((wanted) => !collected.some(({ id }) => id === wanted));
    if (missing.length > 0) throw notCollectable(missing);
    await insertTogether(ctx.db, {
      ...journalRows(
        ctx,
        collected.map((sellerOrder) => cashCollected(id, sellerOrder)),
      ),
      audit_entries: [
        auditRow(ctx, {
          action: 'cash_session.collected',
          object_type: 'cash_session',
          object_id: id,
          changes: { seller_order_ids: [null, seller_order_ids] },
        }),
      ],
    });
    return getCashSession(ctx, id);
  });
}

export interface CashCount {
  readonly counted_centavos: number;
  /** Needed where the count is not what the session's orders come to. */
  readonly explanation?: string | undefined;
}

/**
 * The rider hands the cash in, and it is counted: once.
 * @throws Problem NOT_FOUND, CONFLICT where it is closed, VALIDATION_ERROR where a difference is not explained
 */
export function closeCashSession(ctx: Ctx, id: string, count: CashCount): Promise<CashSession> {
  const { user_id } = signedIn(ctx);
  const { counted_centavos, explanation } = count;
  return inTransaction(ctx, async (ctx) => {
    await holdOpenSession(ctx, id);
    const orders = await findOrdersOfSession(ctx.db, id);
    const expected_centavos = orders.reduce((sum, { amount_centavos }) => sum + amount_centavos, 0);
    if (counted_centavos !== expected_centavos && explanation === undefined)
      throw invalidField(
        '/explanation',
        'is required: the count is not what the orders come to',
        'required',
      );
    const session = await closeSession(ctx.db, id, {
      closed_at: ctx.clock.now(),
      closed_by: user_id,
      expected_centavos,
      counted_centavos,
      explanation: explanation ?? null,
    });
    await insertTogether(ctx.db, {
      ...journalRows(ctx, [cashHandedIn(id, { expected_centavos, counted_centavos })]),
      audit_entries: [
        auditRow(ctx, {
          action: 'cash_session.closed',
          object_type: 'cash_session',
          object_id: id,
          changes: {
            expected_centavos: [null, expected_centavos],
            counted_centavos: [null, counted_centavos],
          },
        }),
      ],
      outbox_messages: eventRows(ctx, [
        { topic: 'cash_session.closed', payload: { cash_session_id: id } },
      ]),
    });
    return { session, orders };
  });
}

async function holdOpenSession(ctx: TxCtx, id: string): Promise<void> {
  const session = await lockSession(ctx.db, id);
  if (session === undefined) throw notFound('cash session');
  if (session.status === 'CLOSED') throw sessionClosed();
}
