// A seller's statement of a month: opening balance, everything that was booked, closing balance.
import type { Ctx } from '../../../context.ts';
import { notFound } from '../../../lib/problem.ts';
import { businessMonth } from '../../../lib/time.ts';
import { mayManage } from '../../sellers/sellers.service.ts';
import { monthOf, requireOwnSeller } from '../balances/balances.service.ts';
import { findStatementLines, readMonthState, type StatementLine } from './statements.queries.ts';

export type { StatementLine } from './statements.queries.ts';

export interface Statement {
  readonly seller_id: string;
  /** `2026-11`. */
  readonly month: string;
  /** Nothing of it changes any more. */
  readonly is_closed: boolean;
  readonly opening_centavos: number;
  /** The opening balance and all lines. */
  readonly closing_centavos: number;
  readonly lines: readonly StatementLine[];
}

/** @throws Problem NOT_FOUND for everybody but the seller and admins */
export async function getStatement(
  ctx: Ctx,
  seller_id: string,
  month: string = businessMonth(ctx.clock.now()),
): Promise<Statement> {
  if (!mayManage(ctx, seller_id)) throw notFound('seller');
  const of = monthOf(month);
  const { opening_centavos, is_closed } = await readMonthState(ctx.db, seller_id, of);
  const lines = await findStatementLines(ctx.db, seller_id, of);
  // Asked only where no line proves that there is such a seller.
  if (lines.length === 0) await requireOwnSeller(ctx, seller_id);
  return {
    seller_id,
    month,
    is_closed,
    opening_centavos,
    closing_centavos: lines.reduce((sum, line) => sum + line.amount_centavos, opening_centavos),
    lines,
  };
}
