// What the bank is told to pay: the one place where account numbers are shown in full.
import type { Ctx } from '../../../context.ts';
import { inTransaction } from '../../../db/transaction.ts';
import { Csv } from '../../../lib/csv.ts';
import { openSecret } from '../../../lib/keys/sealed.ts';
import { formatMoney } from '../../../lib/money.ts';
import { recordAudit } from '../../audit/audit.service.ts';
import type { Rail } from '../payouts.rules.ts';
import { findPayoutsOfRun } from './runs.queries.ts';
import { getPayoutRun, type PayoutRow } from './runs.service.ts';

const HEADER = [
  'rail',
  'bank_code',
  'account_number',
  'account_name',
  'amount',
  'currency',
  'reference',
] as const;

/**
 * The payouts of a run that were started, on this rail or on any, and have not ended, each with our id as its reference.
 * @throws Problem NOT_FOUND
 */
export function makeBankFile(ctx: Ctx, run_id: string, rail?: Rail): Promise<Csv> {
  return inTransaction(ctx, async (ctx) => {
    const payouts = await findPayoutsOfRun(ctx.db, run_id);
    // Asked only where no payout proves that there is such a run.
    if (payouts.length === 0) await getPayoutRun(ctx, run_id);
    const sent = payouts.filter(
      (payout) => payout.status === 'STARTED' && (rail ?? payout.rail) === payout.rail,
    );
    await recordAudit(ctx, {
      action: 'payout_run.file-made',
      object_type: 'payout_run',
      object_id: run_id,
      changes: { rail: [null, rail ?? 'ALL'], payouts: [null, sent.length] },
    });
    return new Csv([HEADER, ...sent.map((payout) => lineOf(ctx, payout))]);
  });
}

function lineOf(ctx: Ctx, payout: PayoutRow): string[] {
  const keys = ctx.tokens.deriveKeys('payout-destination');
  const opened = openSecret(keys, payout.seller_id, payout.account_number);
  if (opened === undefined)
    throw new Error(`no secret opens the account number of payout ${payout.id}`);
  return [
    payout.rail,
    payout.bank_code,
    opened.secret,
    payout.account_name,
    formatMoney(payout.amount_centavos),
    'PHP',
    payout.id,
  ];
}
