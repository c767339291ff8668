import { describe, expect, it } from 'vitest';
import { canMove, type Mover, type OrderStatus } from '../modules/orders/orders.rules.ts';
import { type Case, historyOf } from './histories.ts';
import { outcomes, spread } from './outcomes.ts';

interface Step {
  readonly step: number;
  readonly from_status: OrderStatus;
  readonly to_status: OrderStatus;
  readonly mover: Mover;
  readonly reason: string | null;
}
interface EntryLine {
  readonly scenario: string;
  readonly is_cash: boolean;
  readonly is_first: boolean | null;
  readonly i: number;
  readonly is_debit: boolean;
  readonly amount: string;
}

const rows = outcomes();
const steps = rows['step'] as readonly Step[];
const lines = rows['fate_entry'] as readonly EntryLine[];

describe('outcomes', () => {
  it('moves seller orders only as the rules let them', () => {
    const moves = steps.filter(({ step }) => step > 0);
    expect(moves.length).toBeGreaterThan(20);
    const refused = moves
      // Refunds are no moves of anybody: they follow from money that went back.
      .filter(({ to_status }) => to_status !== 'REFUNDED')
      .filter(
        ({ from_status: from, to_status: to, mover, reason }) =>
          !canMove({ from, to, mover, reason: reason ?? undefined }),
      );
    expect(refused).toEqual([]);
  });

  it('has one end for the first seller order, whether or not there are others', () => {
    for (const order of rows['fate'] as readonly Case[]) {
      const [alone] = historyOf(order, ['first']).end.sellerOrders;
      const [first] = historyOf(order, ['first', 'other']).end.sellerOrders;
      expect({ ...first, id: alone?.id, order_id: alone?.order_id }).toEqual(alone);
    }
  });

  it('has entries whose debits equal their credits', () => {
    const worth: Record<string, number> = { total: 100, commission: 5, earned: 95 };
    const entries = Map.groupBy(
      lines,
      ({ scenario, is_cash, is_first, i }) => `${scenario} ${is_cash} ${is_first} ${i}`,
    );
    expect(entries.size).toBeGreaterThan(50);
    for (const [name, own] of entries) {
      const sum = own.reduce(
        (total, { is_debit, amount }) => total + (worth[amount] ?? NaN) * (is_debit ? 1 : -1),
        0,
      );
      expect([name, sum]).toEqual([name, 0]);
    }
  });
});

describe('spread', () => {
  it('shares the range from 0 to 1 out by weight, without a gap', () => {
    expect(
      spread([
        ['often', 3],
        ['never', 0],
        ['rarely', 1],
      ]),
    ).toEqual([
      { value: 'often', low: 0, high: 0.75 },
      { value: 'never', low: 0.75, high: 0.75 },
      { value: 'rarely', low: 0.75, high: 1 },
    ]);
  });
});
