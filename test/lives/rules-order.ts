// One order as the program's own pure decisions move it, its journal added up as it is written.
import type { Actor } from '../../src/context.ts';
import { isProblem } from '../../src/lib/problem.ts';
import { HOUR_MS, MINUTE_MS, plusMs } from '../../src/lib/time.ts';
import type { JournalEntry } from '../../src/modules/ledger/ledger.rules.ts';
import { orderPlaced } from '../../src/modules/ledger/ledger.rules.ts';
import { decideExpiry, decideOverdue } from '../../src/modules/orders/decisions/deadline.rules.ts';
import type {
  Circumstances,
  Decide,
  OrderState,
} from '../../src/modules/orders/decisions/effects.rules.ts';
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
import { changeOf, type OrderChange } from '../../src/modules/orders/writing/change.rules.ts';
import { walletSessionEnd } from '../../src/modules/payments/payments.rules.ts';
import type { Life, Step, WalletOutcome } from './model.ts';

/** The settings' defaults. */
const HOURS = { ORDER_CONFIRM_HOURS: 24, ORDER_SHIP_HOURS: 72 };
const PAY_WITHIN_MS = 15 * MINUTE_MS;
const ASK_FOR_MS = 72 * HOUR_MS;
const SYSTEM = { kind: 'system' } as const;

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
  let state = placedState(life);
  const wallet = createWallet(life);
  const balances: Record<string, number> = {};
  book(balances, [orderPlaced('order', state.sellerOrders)]);

  const decide = (decide: Decide, now_ms: number, actor: Actor = SYSTEM): boolean => {
    const change = changeBy(state, decide, { actor, now: new Date(now_ms), hours: HOURS });
    if (change === undefined) return false;
    const { order, sellerOrders, payment, journalEntries } = change;
    const order_status = orderStatusOf(sellerOrders.map((one) => one.order_status));
    state = { order: { ...order, order_status }, sellerOrders, payment };
    book(balances, journalEntries);
    return true;
  };
  const hear = (outcome: WalletOutcome, now_ms: number) =>
    decide((state) => decideSettlement(state, outcome), now_ms);
  const openWallet = (now_ms: number): boolean => {
    if (!wallet.open(now_ms, state.payment.payment_status === 'PENDING')) return false;
    state = { ...state, payment: { ...state.payment, provider_reference: 'session' } };
    return true;
  };

  return {
    balances,
    take(step, now_ms) {
      if (step.do === 'open the wallet') return openWallet(now_ms);
      if (step.do !== 'wallet') return decide(decisionOf(life, step), now_ms, actorOf(life, step));
      if (!openWallet(now_ms)) return false;
      wallet.decide(step.outcome);
      for (let i = 0; i < step.webhooks; i += 1) hear(step.outcome, now_ms);
      return true;
    },
    pass(now_ms) {
      decide(decideExpiry, now_ms);
      decide(decideOverdue, now_ms);
      const said = wallet.answer(now_ms);
      if (said !== undefined && now_ms - life.placed_ms < ASK_FOR_MS) hear(said, now_ms);
    },
  };
}

function placedState({ method, placed_ms, parts }: Life): OrderState {
  const placed_at = new Date(placed_ms);
  const isCash = method === 'CASH';
  const due_at = isCash ? plusMs(placed_at, HOURS.ORDER_CONFIRM_HOURS * HOUR_MS) : null;
  const sellerOrders = parts.map(({ seller, total, commission_bps, collector }) =>
    sellerOrder(seller, {
      total_centavos: total,
      commission_bps,
      cash_collector: collector,
      placed_at,
      due_at,
    }),
  );
  return orderState(sellerOrders, {
    payment_method: isCash ? 'COD' : 'GCASH',
    created_at: placed_at,
    expires_at: isCash ? null : plusMs(placed_at, PAY_WITHIN_MS),
  });
}

/** The wallet's side of a payment. */
function createWallet({ method, placed_ms }: Life) {
  const closes_ms = walletSessionEnd(new Date(placed_ms + PAY_WITHIN_MS)).getTime();
  let status: 'OPEN' | WalletOutcome | undefined;
  return {
    /** @returns whether there is a session now */
    open(now_ms: number, isAwaited: boolean): boolean {
      if (method === 'WALLET' && isAwaited && now_ms < closes_ms) status ??= 'OPEN';
      return status !== undefined;
    },
    decide(outcome: WalletOutcome): void {
      if (outcome === 'PAID' || status === 'OPEN') status = outcome;
    },
    /** What it says when it is asked; nothing while it is open. */
    answer(now_ms: number): WalletOutcome | undefined {
      if (status === 'OPEN') return now_ms < closes_ms ? undefined : 'EXPIRED';
      return status;
    },
  };
}

type PersonsStep = Exclude<Step, { do: 'wallet' | 'open the wallet' }>;

function decisionOf({ parts }: Life, step: PersonsStep): Decide {
  if (step.do === 'cancel') return (...at) => decideCancellation(...at, undefined);
  const seller_order_id = parts[step.part]?.seller;
  if (step.do === 'refund') {
    const input = { amount_centavos: step.amount, reason: 'bruised', seller_order_id };
    return (state) => decideRefund(state, input);
  }
  const input = { order_status: step.to, reason: step.reason, seller_order_id };
  return (...at) => decideMove(...at, input);
}

function actorOf({ parts }: Life, step: PersonsStep): Actor {
  if (step.do === 'refund') return ADMIN;
  const seller = step.do === 'move' ? (parts[step.part]?.seller ?? '') : '';
  return { customer: CUSTOMER, admin: ADMIN, seller: sellerOf(seller) }[step.by];
}

/** Undefined where it is refused. */
function changeBy(
  state: OrderState,
  decide: Decide,
  circumstances: Circumstances,
): OrderChange | undefined {
  try {
    return changeOf(state, decide(state, circumstances), circumstances);
  } catch (error) {
    if (isProblem(error)) return undefined;
    throw error;
  }
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
