// Months: what is closed stays as it is, closing balances are what was booked, and statements add up.
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestActor } from '../../../../test/support/actors.ts';
import { checkAllInvariants } from '../../../../test/support/invariants.ts';
import { parseMoney } from '../../../lib/money.ts';
import { businessMonth, DAY_MS, monthStart, nextMonth } from '../../../lib/time.ts';
import { closeMonths } from '../balances/balances.service.ts';
import { openPayoutMarket, type PayoutMarket } from '../payouts.testkit.ts';

/** For some lives of some months. */
const LONG_MS = 180_000;

let market: PayoutMarket;
beforeAll(async () => {
  market = await openPayoutMarket();
});
afterAll(async () => {
  expect(await checkAllInvariants(market.test.databaseUrl, market.test.clock.now())).toEqual([]);
  await market.test.close();
});

interface Shown {
  readonly is_closed: boolean;
  readonly opening_balance: string;
  readonly closing_balance: string;
  readonly lines: readonly {
    readonly kind: string;
    readonly amount: string;
    readonly commission: string;
  }[];
}

const presentMonth = () => businessMonth(market.test.clock.now());
const pathOf = (seller: TestActor, month: string) =>
  `/sellers/${seller.seller_id}/statement?month=${month}`;
async function statement(seller: TestActor, month: string): Promise<Shown> {
  return (await market.read(seller, pathOf(seller, month))).json();
}

/** To the moment after which this month can be closed. */
function endMonth(): void {
  const { clock } = market.test;
  const over = monthStart(nextMonth(presentMonth())).getTime() - clock.now().getTime();
  clock.advance(over + DAY_MS + 1);
}

describe('a month', () => {
  it('that is closed never changes, and the next begins with what it ended with', async () => {
    const seller = await market.createEarner();
    const month = presentMonth();
    endMonth();
    const open = await statement(seller, month);
    expect(open).toMatchObject({
      is_closed: false,
      opening_balance: '0.00',
      closing_balance: '228.00',
    });
    await closeMonths(market.test.system);
    await market.sell(seller);
    expect(await statement(seller, month)).toEqual({ ...open, is_closed: true });
    expect(await statement(seller, presentMonth())).toMatchObject({
      is_closed: false,
      opening_balance: '228.00',
      closing_balance: '342.00',
    });
    expect(await market.balanceOf(seller)).toMatchObject({
      pending: '114.00',
      available: '228.00',
    });
  });

  it('takes no line once it is closed, and a run that was broken off goes on', async () => {
    const seller = await market.createEarner();
    const month = presentMonth();
    endMonth();
    await closeMonths(market.test.system);
    const { db } = market.test.services;
    const late = sql`
      WITH entry AS (
        INSERT INTO journal_entries (id, kind, created_at)
        VALUES (gen_random_uuid(), 'ADJUSTMENT', ${monthStart(month)}) RETURNING id, created_at
      )
      INSERT INTO journal_lines (entry_id, line_number, account, debit_centavos, credit_centavos, created_at)
      SELECT id, 1, 'BANK', 1, 0, created_at FROM entry UNION ALL SELECT id, 2, 'GOODWILL_EXPENSE', 0, 1, created_at FROM entry`;
    await expect(late.execute(db)).rejects.toThrow('the month is closed');
    const isOfMonth = sql<boolean>`month = ${`${month}-01`}::date`;
    await db.deleteFrom('seller_balances').where(isOfMonth).execute();
    await db.updateTable('closed_months').set({ summed_at: null }).where(isOfMonth).execute();
    await closeMonths(market.test.system);
    expect((await statement(seller, month)).closing_balance).toBe('228.00');
    expect(await checkAllInvariants(market.test.databaseUrl, market.test.clock.now())).toEqual([]);
  });
});

describe('a statement', () => {
  it(
    'adds up, whatever happened in whichever month, and its months follow one another',
    async () => {
      type Act = (seller: TestActor) => Promise<unknown>;
      const payments: string[] = [];
      const acts: Readonly<Record<string, Act>> = {
        sell: async (seller) => payments.push((await market.sell(seller)).payment_id),
        refund: async () => {
          const body = { amount: '10', reason: 'bruised' };
          const [payment] = payments;
          if (payment === undefined) return;
          await market.send(market.admin, 'POST', `/payments/${payment}/refunds`, body);
        },
        payOut: async (seller) => {
          market.waitForClaims();
          await market.payOut(seller);
        },
        endMonth: async () => {
          endMonth();
          await closeMonths(market.test.system);
        },
      };
      const lives = fc.array(fc.constantFrom(...Object.keys(acts)), { minLength: 1, maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(lives, async (life) => {
          payments.length = 0;
          const seller = await market.createEarner();
          const months = [presentMonth()];
          for (const act of life) {
            await acts[act]?.(seller);
            if (months.at(-1) !== presentMonth()) months.push(presentMonth());
          }
          let balance = 0;
          for (const month of months) {
            const shown = await statement(seller, month);
            expect(parseMoney(shown.opening_balance)).toBe(balance);
            balance = shown.lines.reduce((sum, line) => sum + parseMoney(line.amount), balance);
            expect(parseMoney(shown.closing_balance)).toBe(balance);
          }
          const now = await market.balanceOf(seller);
          const part = (name: string) => parseMoney(now[name] ?? '');
          expect(part('pending') + part('available') - part('owed')).toBe(balance);
        }),
        { numRuns: 5 },
      );
    },
    LONG_MS,
  );

  it('is the same as CSV', async () => {
    const seller = await market.createEarner();
    const answer = await market.read(seller, `${pathOf(seller, presentMonth())}&format=csv`);
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    const rows = answer.body.trimEnd().split('\r\n');
    expect(rows[0]).toBe('booked_at,kind,order_number,payout_id,commission,amount');
    expect(rows.at(-1)).toBe(',CLOSING_BALANCE,,,,228.00');
    expect(rows.filter((row) => row.includes(',SELLER_ORDER_DELIVERED,'))).toHaveLength(2);
  });
});
