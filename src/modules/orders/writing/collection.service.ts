// Which cash session holds the cash of a seller order.
import { sql } from 'kysely';
import type { TxCtx } from '../../../context.ts';
import type { CollectedOrder } from '../../ledger/cash-entries.rules.ts';

/**
 * Those of these seller orders whose cash a rider took and no session holds are in this session from now on. Locks their
 * orders first, by id.
 */
export async function assignCash(
  ctx: TxCtx,
  cash_session_id: string,
  seller_order_ids: readonly string[],
): Promise<readonly CollectedOrder[]> {
  await sql`
    SELECT id FROM orders WHERE id IN (SELECT order_id FROM seller_orders WHERE id = ANY (${seller_order_ids}::uuid[]))
    ORDER BY id FOR UPDATE`.execute(ctx.db);
  const { rows } = await sql<CollectedOrder>`
    UPDATE seller_orders SET cash_session_id = ${cash_session_id}
    WHERE id = ANY (${seller_order_ids}::uuid[])
      AND cash_collector = 'RIDER' AND delivered_at IS NOT NULL AND cash_session_id IS NULL
    RETURNING id, order_id, due_centavos`.execute(ctx.db);
  return rows;
}
