// What the rules make of each scenario, once for all orders that share it: SQL copies it to every order.
import { HOUR_MS } from '../lib/time.ts';
import { UNCOLLECTED_CASH, walletOf } from '../modules/ledger/accounts.rules.ts';
import * as ledger from '../modules/ledger/ledger.rules.ts';
import {
  dueAfter,
  isOpen,
  type Mover,
  type OrderStatus,
  orderStatusOf,
} from '../modules/orders/orders.rules.ts';
import { statusAfterRefund } from '../modules/payments/payments.rules.ts';
import { AGES, type Chances, DEMO_ORDERS, SCENARIOS, type ScenarioName } from './scenarios.ts';

/** As the API's defaults. */
const STEP_HOURS = { ORDER_CONFIRM_HOURS: 24, ORDER_SHIP_HOURS: 72 };
/** Numbers of what are no moves. */
const PLACED = -1;
const PAID = 0;

export type Rows = readonly object[];

/** Rows by table of the schema `seed`; see market/0-words.sql. */
export function outcomes(): Readonly<Record<string, Rows>> {
  const names = Object.keys(SCENARIOS) as ScenarioName[];
  const cases = names.flatMap((scenario) =>
    [...new Set(SCENARIOS[scenario].methods.map(([method]) => method === 'COD'))].map(
      (is_cash) => ({ scenario, is_cash }),
    ),
  );
  const sold = cases.flatMap((order) => [true, false].map((is_first) => fateOf(order, is_first)));
  return {
    scenario: AGES.flatMap(({ until_ms, chances }, i) =>
      spread(chances).map(({ value, ...range }) => ({
        scenario: value,
        from_ms: AGES[i - 1]?.until_ms ?? 0,
        to_ms: until_ms,
        ...range,
      })),
    ),
    method: names.flatMap((scenario) =>
      spread(SCENARIOS[scenario].methods).map(({ value, ...range }) => ({
        scenario,
        method: value,
        ...range,
      })),
    ),
    demo_order: DEMO_ORDERS.map(([scenario, age_ms, named]) => ({
      scenario,
      age_ms,
      is_named: named !== undefined,
    })),
    order_fate: cases.flatMap((order) =>
      [false, true].map((has_others) => orderFate(order, has_others)),
    ),
    fate: sold.map(({ fate }) => fate),
    step: sold.flatMap(({ steps }) => steps),
    fate_movement: sold.flatMap(({ movements }) => movements),
    fate_entry: [...cases.flatMap(orderEntries), ...sold.flatMap(({ entries }) => entries)],
  };
}

/** Each value with its share of the range from 0 to 1. */
export function spread<Value>(chances: Chances<Value>) {
  const whole = chances.reduce((sum, [, weight]) => sum + weight, 0);
  let weight_below = 0;
  return chances.map(([value, weight]) => {
    const low = weight_below / whole;
    weight_below += weight;
    return { value, low, high: weight_below / whole };
  });
}

interface Case {
  readonly scenario: ScenarioName;
  readonly is_cash: boolean;
}

interface Move {
  readonly step: number;
  readonly from: OrderStatus | null;
  readonly to: OrderStatus;
  readonly mover: Mover;
  readonly reason: string | null;
  readonly hours: readonly [number, number];
}

function isPaid({ scenario, is_cash }: Case): boolean {
  return !is_cash && SCENARIOS[scenario].isPaid;
}

/** The moves of a seller order: its own scenario's, or what that holds for other sellers. */
function movesOf(scenario: ScenarioName, isFirst: boolean): Move[] {
  const { steps } = SCENARIOS[isFirst ? scenario : (SCENARIOS[scenario].others ?? scenario)];
  return steps.map((step, i) => ({
    reason: null,
    ...step,
    step: i + 1,
    from: steps[i - 1]?.to ?? 'PENDING',
  }));
}

function statusOf(scenario: ScenarioName, isFirst: boolean): OrderStatus {
  return movesOf(scenario, isFirst).at(-1)?.to ?? 'PENDING';
}

function isRefunded(order: Case, isFirst: boolean): boolean {
  const status = statusOf(order.scenario, isFirst);
  return isPaid(order) && (status === 'CANCELLED' || status === 'REFUNDED');
}

/** A wallet pays for all; cash only for what is not cancelled. */
function isDue(order: Case, isFirst: boolean): boolean {
  return !order.is_cash || statusOf(order.scenario, isFirst) !== 'CANCELLED';
}

/** Amounts are seller orders here: which is more is all that the rule asks. */
function orderFate(order: Case, has_others: boolean) {
  const roles = has_others ? [true, false] : [true];
  const statuses = roles.map((isFirst) => statusOf(order.scenario, isFirst));
  const is_paid = isPaid(order);
  const is_settled = !statuses.some(isOpen);
  const isFailed = !is_paid && statuses.every((status) => status === 'CANCELLED');
  const completedBy = order.is_cash ? is_settled && 'settled' : is_paid && 'paid';
  const completed = isFailed ? null : completedBy || null;
  const due = roles.filter((isFirst) => isDue(order, isFirst)).length;
  const refunded = roles.filter((isFirst) => isRefunded(order, isFirst)).length;
  const unpaid = isFailed ? 'FAILED' : 'PENDING';
  return {
    ...order,
    has_others,
    order_status: orderStatusOf(statuses),
    payment_status: completed === null ? unpaid : statusAfterRefund(due, refunded),
    completed,
    is_settled,
    session: order.is_cash ? null : is_paid ? 'PAID' : isFailed ? 'EXPIRED' : null,
    is_paid,
    ends_open: isOpen(statusOf(order.scenario, true)),
  };
}

function fateOf(order: Case, is_first: boolean) {
  const key = { ...order, is_first };
  const moves = movesOf(order.scenario, is_first);
  const order_status = statusOf(order.scenario, is_first);
  const delivered = moves.find(({ to }) => to === 'DELIVERED');
  const cancelled = moves.find(({ to }) => to === 'CANCELLED');
  const isUnpaid = order_status === 'PENDING' && !order.is_cash && !isPaid(order);
  const due_at = isUnpaid ? null : dueAfter(order_status, new Date(0), STEP_HOURS);
  const sold = isPaid(order) || delivered ? 'SOLD' : 'RESERVED';
  const ended = cancelled?.from === 'SHIPPED' ? 'WRITTEN_OFF' : 'RELEASED';
  const placed = { step: PLACED, from: null, to: 'PENDING', mover: 'customer' } as const;
  return {
    fate: {
      ...key,
      order_status,
      delivered_step: delivered?.step ?? null,
      allocation_state: cancelled ? ended : sold,
      due_hours: due_at && due_at.getTime() / HOUR_MS,
      is_due: isDue(order, is_first),
      is_refunded: isRefunded(order, is_first),
    },
    steps: [{ ...placed, reason: null, hours: [0, 0] as const }, ...moves].map((move) => ({
      ...key,
      step: move.step,
      from_status: move.from,
      to_status: move.to,
      mover: move.mover,
      reason: move.reason,
      least_hours: move.hours[0],
      most_hours: move.hours[1],
    })),
    movements: movementsOf(order, { delivered, cancelled }).map((movement, i) => ({
      ...key,
      i,
      ...movement,
    })),
    entries: sellerEntries(order, moves).flatMap((entry, i) => entryRows({ ...key, i }, entry)),
  };
}

/** Of each allocation, as fulfilment makes them: what was on the road is lost, all else comes back. */
function movementsOf(
  order: Case,
  { delivered, cancelled }: { delivered: Move | undefined; cancelled: Move | undefined },
) {
  const by = (move: Move, reason: string, sign: 1 | -1) => ({
    step: move.step,
    mover: move.mover,
    reason,
    sign,
  });
  const isLost = cancelled?.from === 'SHIPPED';
  if (!isPaid(order)) {
    if (cancelled) return isLost ? [by(cancelled, 'SPOILAGE', -1)] : [];
    return delivered ? [by(delivered, 'SALE', -1)] : [];
  }
  const sale = { step: PAID, mover: 'system', reason: 'SALE', sign: -1 };
  if (!cancelled) return [sale];
  return isLost
    ? [sale, by(cancelled, 'RETURN', 1), by(cancelled, 'SPOILAGE', -1)]
    : [sale, by(cancelled, 'RESTOCK', 1)];
}

interface DatedEntry {
  readonly step: number;
  readonly entry: ledger.JournalEntry;
}

/** A seller order that shows which amount is which: its total, the commission on it, and what is left for its seller. */
const TOTAL = 10_000;
const WALLET = walletOf('simulator');
const PROBE = {
  order_id: 'order',
  id: 'seller order',
  seller_id: 'seller',
  commission_bps: 500,
  total_centavos: TOTAL,
  refunded_centavos: 0,
};
const COMMISSION = ledger.commissionOf(TOTAL, PROBE.commission_bps);
const AMOUNTS: Readonly<Record<number, string>> = {
  [TOTAL]: 'total',
  [COMMISSION]: 'commission',
  [TOTAL - COMMISSION]: 'earned',
};

function orderEntries(order: Case) {
  const placed = { step: PLACED, entry: ledger.orderPlaced(PROBE.order_id, [PROBE]) };
  const received = ledger.paymentReceived(PROBE.order_id, WALLET, TOTAL);
  const entries = isPaid(order) ? [placed, { step: PAID, entry: received }] : [placed];
  return entries.flatMap((entry, i) => entryRows({ ...order, is_first: null, i }, entry));
}

/** A delivery earns the seller money and, for cash, brings it in; what is cancelled is owed no more; what was paid goes back. */
function sellerEntries(order: Case, moves: readonly Move[]): DatedEntry[] {
  return moves.flatMap(({ step, to }) => {
    const at = (...entries: ledger.JournalEntry[]) => entries.map((entry) => ({ step, entry }));
    const refund = (stage: ledger.RefundStage) =>
      ledger.refunded(PROBE, { stage, from: WALLET, amount_centavos: TOTAL });
    if (to === 'REFUNDED') return at(refund('delivered'));
    if (to === 'CANCELLED') {
      const cancelled = ledger.sellerOrderCancelled(PROBE);
      return isPaid(order) ? at(cancelled, refund('cancelled')) : at(cancelled);
    }
    if (to !== 'DELIVERED') return [];
    const delivered = ledger.sellerOrderDelivered(PROBE);
    if (!order.is_cash) return at(delivered);
    return at(delivered, ledger.paymentReceived(PROBE.order_id, UNCOLLECTED_CASH, TOTAL));
  });
}

/** @throws Error for an amount that the probe cannot tell */
function entryRows(
  key: Case & { is_first: boolean | null; i: number },
  { step, entry }: DatedEntry,
) {
  return entry.lines.map((line, i) => {
    const amount = AMOUNTS[line.debit_centavos ?? line.credit_centavos ?? 0];
    if (amount === undefined) throw new Error(`no amount that is known: ${JSON.stringify(line)}`);
    return {
      ...key,
      step,
      kind: entry.kind,
      is_about_seller_order: entry.seller_order_id !== undefined,
      line_number: i,
      account: line.account,
      of_seller: line.seller_id !== undefined,
      subaccount: line.subaccount ?? null,
      is_debit: line.debit_centavos !== undefined,
      amount,
    };
  });
}
