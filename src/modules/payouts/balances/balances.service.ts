// Sellers' balances: what each is owed now, and the months that are closed behind it.
import type { Ctx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { notFound } from '../../../lib/problem.ts';
import {
  businessMonth,
  DAY_MS,
  HOUR_MS,
  monthStart,
  nextMonth,
  plusMs,
} from '../../../lib/time.ts';
import { getSeller, mayManage } from '../../sellers/sellers.service.ts';
import {
  findFirstEntryAt,
  findNewestClosed,
  findSellerIds,
  insertClosedMonth,
  type Month,
  markSummed,
  readBalance,
  sumMonth,
} from './balances.queries.ts';
import { balanceOf, type SellerBalance } from './balances.rules.ts';

/** Longer than any transaction lives: what was booked in the month is committed when the month is closed. */
const CLOSE_AFTER_MS = DAY_MS;
const SELLERS_AT_ONCE = 500;

/** Deliveries since then are in their claim window. */
export function claimsFrom({ clock, config }: Pick<Ctx, 'clock' | 'config'>): Date {
  return plusMs(clock.now(), -config.CLAIM_WINDOW_HOURS * HOUR_MS);
}

/** @throws Problem NOT_FOUND for everybody but the seller and admins */
export async function getSellerBalance(ctx: Ctx, seller_id: string): Promise<SellerBalance> {
  await requireOwnSeller(ctx, seller_id);
  return balanceOf(await readBalance(ctx.db, seller_id, claimsFrom(ctx)));
}

/** @throws Problem NOT_FOUND for everybody but the seller and admins */
export async function requireOwnSeller(ctx: Ctx, seller_id: string): Promise<void> {
  if (!mayManage(ctx, seller_id)) throw notFound('seller');
  await getSeller(ctx, seller_id);
}

/**
 * Closes every month that is over since CLOSE_AFTER_MS, the oldest first: from then on the journal takes no line of it, and
 * each seller's closing balance is added up. Goes on where an earlier run was broken off.
 */
export async function closeMonths(ctx: Ctx): Promise<void> {
  for (;;) {
    const month = await nextToClose(ctx);
    if (month === undefined) return;
    await inTransaction(ctx, (ctx) => insertClosedMonth(ctx.db, month, ctx.clock.now()));
    await sumSellers(ctx, month);
    await markSummed(ctx.db, month.month, ctx.clock.now());
  }
}

async function nextToClose(ctx: Ctx): Promise<Month | undefined> {
  const newest = await findNewestClosed(ctx.db);
  if (newest !== undefined && !newest.isSummed) return monthOf(newest.month);
  const first = newest ? monthStart(nextMonth(newest.month)) : await findFirstEntryAt(ctx.db);
  if (first === undefined) return undefined;
  const month = monthOf(businessMonth(first));
  return plusMs(month.ends_at, CLOSE_AFTER_MS) < ctx.clock.now() ? month : undefined;
}

async function sumSellers(ctx: Ctx, month: Month): Promise<void> {
  let after: string | undefined;
  let sellers: string[];
  do {
    sellers = await findSellerIds(ctx.db, after, SELLERS_AT_ONCE);
    await sumMonth(ctx.db, month, sellers);
    after = sellers.at(-1);
  } while (sellers.length === SELLERS_AT_ONCE);
}

/** @param month such as `2026-11` */
export function monthOf(month: string): Month {
  return { month, starts_at: monthStart(month), ends_at: monthStart(nextMonth(month)) };
}
