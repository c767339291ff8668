// A seller's statement of a month: opening balance, everything that was booked, closing balance.
import type { Ctx } from '../../../context.ts';
import { businessMonth } from '../../../lib/time.ts';
import { monthOf, requireOwnSeller } from '../balances/balances.service.ts';
import {
  findStatementLines,
  isMonthClosed,
  readPayableAt,
  type StatementLine,
} from './statements.queries.ts';

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
  await requireOwnSeller(ctx, seller_id);
  const of = monthOf(month);
  const opening_centavos = await readPayableAt(ctx.db, seller_id, of.starts_at);
  const lines = await findStatementLines(ctx.db, seller_id, of);
  return {
    seller_id,
    month,
    is_closed: await isMonthClosed(ctx.db, month),
    opening_centavos,
    closing_centavos: lines.reduce((sum, line) => sum + line.amount_centavos, opening_centavos),
    lines,
  };
}
