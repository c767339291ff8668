// One order as the program's own pure decisions move it, its journal added up as it is written.
import { isProblem } from '../../src/lib/problem.ts';
import type { JournalEntry } from '../../src/modules/ledger/ledger.rules.ts';
import { orderPlaced } from '../../src/modules/ledger/ledger.rules.ts';
import { decideExpiry, decideOverdue } from '../../src/modules/orders/decisions/deadline.rules.ts';
import type { Decide, OrderState } from '../../src/modules/orders/decisions/effects.rules.ts';
import {
  ADMIN,
  CUSTOMER,
  orderState,
  sellerOf,
  sellerOrder,
} from '../../src/modules/orders/decisions/order-state.testkit.ts';
import { decideRefund } from '../../src/modules/orders/decisions/refund.rules.ts';
import { decideSettlement } from '../../src/modules/orders/decisions/settlement.rules.ts';
import { decideCancellation, decideMove } from '../../src/modules/orders/decisions/status.rules.ts';
import { orderStatusOf } from '../../src/modules/orders/orders.rules.ts';
import { changeOf } from '../../src/modules/orders/writing/change.rules.ts';
import { walletSessionEnd } from '../../src/modules/payments/payments.rules.ts';
import type { Life, Step, WalletOutcome, Who } from './model.ts';

/** The settings' defaults. */
const HOURS = { ORDER_CONFIRM_HOURS: 24, ORDER_SHIP_HOURS: 72 };
const PAY_WITHIN_MS = 15 * 60_000;
const ASK_FOR_MS = 72 * 3_600_000;

export interface RulesOrder {
  /** @returns whether it was allowed */
  take(step: Step, now_ms: number): boolean;
  /** What the jobs would do now. */
  pass(now_ms: number): void;
  /** Debits less credits by account, and seller where the line names one. */
  readonly balances: Record<string, number>;
}

/** The order that `life` describes, as its checkout leaves it. */
export function placeByRules(life: Life): RulesOrder {
  const placed_at = new Date(life.placed_ms);
  const confirm_by = new Date(life.placed_ms + HOURS.ORDER_CONFIRM_HOURS * 3_600_000);
  const isCash = life.method === 'CASH';
  const sellerOrders = life.parts.map(({ seller, total, commission_bps }) =>
    sellerOrder(seller, {
      total_centavos: total,
      commission_bps,
      placed_at,
      due_at: isCash ? confirm_by : null,
    }),
  );
  let state: OrderState = orderState(sellerOrders, {
    payment_method: isCash ? 'COD' : 'GCASH',
    created_at: placed_at,
    expires_at: isCash ? null : new Date(life.placed_ms + PAY_WITHIN_MS),
  });
  let wallet: 'OPEN' | WalletOutcome | undefined;
  const balances: Record<string, number> = {};
  book(balances, [orderPlaced('order', sellerOrders)]);

  const decide = (decide: Decide, now_ms: number, who?: Who, seller = ''): boolean => {
    const actor = { customer: CUSTOMER, admin: ADMIN, seller: sellerOf(seller) };
    const circumstances = {
      actor: who === undefined ? ({ kind: 'system' } as const) : actor[who],
      now: new Date(now_ms),
      hours: HOURS,
    };
    try {
      const effects = decide(state, circumstances);
      const { order, sellerOrders, payment, journalEntries } = changeOf(
        state,
        effects,
        circumstances,
      );
      const order_status = orderStatusOf(sellerOrders.map((one) => one.order_status));
      state = { order: { ...order, order_status }, sellerOrders, payment };
      book(balances, journalEntries);
      return true;
    } catch (error) {
      if (isProblem(error)) return false;
      throw error;
    }
  };
  const settle = (outcome: WalletOutcome, now_ms: number) =>
    decide((state) => decideSettlement(state, outcome), now_ms);
  const closesAt = () => walletSessionEnd(state.payment.expires_at ?? placed_at).getTime();
  const openWallet = (now_ms: number): boolean => {
    if (isCash) return false;
    if (wallet !== undefined) return true;
    if (state.payment.payment_status !== 'PENDING' || now_ms >= closesAt()) return false;
    wallet = 'OPEN';
    state = { ...state, payment: { ...state.payment, provider_reference: 'session' } };
    return true;
  };

  return {
    balances,
    take(step, now_ms) {
      switch (step.do) {
        case 'move': {
          const seller = life.parts[step.part]?.seller ?? '';
          const input = { order_status: step.to, reason: step.reason, seller_order_id: seller };
          return decide((...at) => decideMove(...at, input), now_ms, step.by, seller);
        }
        case 'cancel':
          return decide((...at) => decideCancellation(...at, undefined), now_ms, step.by);
        case 'refund': {
          const seller_order_id = life.parts[step.part]?.seller;
          const input = { amount_centavos: step.amount, reason: 'bruised', seller_order_id };
          return decide((state) => decideRefund(state, input), now_ms, 'admin');
        }
        case 'open the wallet':
          return openWallet(now_ms);
        case 'wallet':
          if (!openWallet(now_ms)) return false;
          if (step.outcome === 'PAID' || wallet === 'OPEN') wallet = step.outcome;
          for (let i = 0; i < step.webhooks; i += 1) settle(step.outcome, now_ms);
          return true;
      }
    },
    pass(now_ms) {
      decide(decideExpiry, now_ms);
      decide(decideOverdue, now_ms);
      if (wallet === undefined || now_ms - life.placed_ms >= ASK_FOR_MS) return;
      const said = wallet === 'OPEN' && now_ms >= closesAt() ? 'EXPIRED' : wallet;
      if (said !== 'OPEN') settle(said, now_ms);
    },
  };
}

/** @throws Error where an entry's debits are not its credits */
function book(balances: Record<string, number>, entries: readonly JournalEntry[]): void {
  for (const { kind, lines } of entries) {
    let difference = 0;
    for (const { account, seller_id, debit_centavos = 0, credit_centavos = 0 } of lines) {
      const key =
        seller_id === undefined ? account : `${account} ${seller_id.replace('seller-', '')}`;
      balances[key] = (balances[key] ?? 0) + debit_centavos - credit_centavos;
      difference += debit_centavos - credit_centavos;
    }
    if (difference !== 0) throw new Error(`${kind} is out of balance by ${difference}`);
  }
}
