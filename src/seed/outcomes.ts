// What the rules make of each scenario, once for all orders that share it: SQL copies it to every order.
import { HOUR_MS } from '../lib/time.ts';
import { MOVEMENTS } from '../modules/inventory/allocation.rules.ts';
import { commissionOf, type JournalEntry, orderPlaced } from '../modules/ledger/ledger.rules.ts';
import { isOpen, orderStatusOf } from '../modules/orders/orders.rules.ts';
import type { AllocationRow } from '../modules/orders/writing/orders.queries.ts';
import { isPaid } from '../modules/payments/payments.rules.ts';
import {
  type Case,
  type Happening,
  type History,
  historyOf,
  MOMENT,
  stepsOf,
  TOTAL,
} from './histories.ts';
import {
  AGES,
  type Chances,
  DEFAULTS,
  DEMO_ORDERS,
  SCENARIOS,
  type ScenarioName,
} from './scenarios.ts';

/** The number of what is no move; the payment is 0. */
const PLACED = -1;

export type Rows = readonly object[];

/** Rows by table of the schema `seed`; see market/0-words.sql. */
export function outcomes(): Readonly<Record<string, Rows>> {
  const names = Object.keys(SCENARIOS) as ScenarioName[];
  const cases = names.flatMap((scenario) =>
    [...new Set(SCENARIOS[scenario].methods.map(([method]) => method === 'COD'))].map(
      (is_cash) => ({ scenario, is_cash }),
    ),
  );
  const histories = cases.map((order) => ({
    order,
    alone: historyOf(order, ['first']),
    together: historyOf(order, ['first', 'other']),
  }));
  const sold = histories.flatMap(({ order, alone, together }) => [
    fateOf({ ...order, is_first: true }, alone),
    fateOf({ ...order, is_first: false }, together),
  ]);
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
    order_fate: histories.flatMap(({ order, alone, together }) => [
      orderFate({ ...order, has_others: false }, alone),
      orderFate({ ...order, has_others: true }, together),
    ]),
    fate: sold.map(({ fate }) => fate),
    step: sold.flatMap(({ steps }) => steps),
    fate_movement: sold.flatMap(({ movements }) => movements),
    fate_entry: [
      ...histories.flatMap(({ order, alone }) => orderEntries(order, alone)),
      ...sold.flatMap(({ entries }) => entries),
    ],
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

function orderFate(key: Case & { readonly has_others: boolean }, { end }: History) {
  const { payment_status, completed_at } = end.payment;
  const statuses = end.sellerOrders.map(({ order_status }) => order_status);
  const is_paid = !key.is_cash && isPaid(payment_status);
  const unpaidSession = payment_status === 'FAILED' ? 'EXPIRED' : null;
  return {
    ...key,
    order_status: orderStatusOf(statuses),
    payment_status,
    completed: completed_at && (key.is_cash ? 'settled' : 'paid'),
    is_settled: !statuses.some(isOpen),
    session: is_paid ? 'PAID' : key.is_cash ? null : unpaidSession,
    is_paid,
    ends_open: statuses.slice(0, 1).some(isOpen),
  };
}

interface Key extends Case {
  readonly is_first: boolean;
}

/** What becomes of the last seller order of a history. */
function fateOf(key: Key, { happenings, end }: History) {
  const sellerOrder = end.sellerOrders.at(-1);
  if (sellerOrder === undefined) throw new Error('an order has at least one seller order');
  const { id, order_status, due_at, due_centavos, refunded_centavos } = sellerOrder;
  const { allocation_state, movements } = stockOf(id, happenings);
  const moves = happenings.flatMap(({ step, change }) =>
    change.orderEvents
      .filter((event) => event.seller_order_id === id)
      .map((event) => ({ step, ...event })),
  );
  return {
    fate: {
      ...key,
      order_status,
      delivered_step: moves.find(({ to_status }) => to_status === 'DELIVERED')?.step ?? null,
      allocation_state,
      due_hours: due_at && (due_at.getTime() - MOMENT.getTime()) / HOUR_MS,
      is_due: due_centavos > 0,
      is_refunded: refunded_centavos > 0,
    },
    steps: [PLACING, ...moves].map(({ step, from_status, to_status, actor_role, reason }) => {
      const [least_hours, most_hours] = stepsOf(key.scenario, key.is_first)[step - 1]?.hours ?? [
        0, 0,
      ];
      return {
        ...key,
        step,
        from_status,
        to_status,
        mover: actor_role,
        reason,
        least_hours,
        most_hours,
      };
    }),
    movements: movements.map((movement, i) => ({ ...key, i, ...movement })),
    entries: entriesOf(happenings, id).flatMap((entry, i) => entryRows({ ...key, i }, entry)),
  };
}

const PLACING = {
  step: PLACED,
  from_status: null,
  to_status: 'PENDING',
  actor_role: 'customer',
  reason: null,
} as const;

/** What its allocations end as, and how their lots move on the way. */
function stockOf(seller_order_id: string, happenings: readonly Happening[]) {
  let allocation_state: AllocationRow['state'] = 'RESERVED';
  const movements = [];
  for (const { step, mover, change } of happenings) {
    for (const { seller_order_ids, to } of change.stock) {
      // Nothing rots: what is drawn from a harvest keeps until it is delivered.
      if (!seller_order_ids.includes(seller_order_id) || to === 'REPLACED') continue;
      const end = to === 'DELIVERED' ? 'SOLD' : to;
      const steps = allocation_state === 'SOLD' ? MOVEMENTS[end].SOLD : MOVEMENTS[end].RESERVED;
      movements.push(...steps.map((moved) => ({ step, mover, ...moved })));
      allocation_state = end;
    }
  }
  return { allocation_state, movements };
}

interface DatedEntry {
  readonly step: number;
  readonly entry: JournalEntry;
}

/** The entries that the moves of this seller order made, or without one those of the order's payment. */
function entriesOf(happenings: readonly Happening[], seller_order_id?: string): DatedEntry[] {
  return happenings.flatMap(({ step, change, ...moved }) =>
    change.journalEntries
      .filter((entry) => (entry.seller_order_id ?? moved.seller_order_id) === seller_order_id)
      .map((entry) => ({ step, entry })),
  );
}

function orderEntries(order: Case, { placed, happenings }: History) {
  const placing = { step: PLACED, entry: orderPlaced(placed.order.id, placed.sellerOrders) };
  return [placing, ...entriesOf(happenings)].flatMap((entry, i) =>
    entryRows({ ...order, is_first: null, i }, entry),
  );
}

/** Which amount of a seller order is which: its total, the commission on it, and what is left for its seller. */
const COMMISSION = commissionOf(TOTAL, DEFAULTS.COMMISSION_BPS);
const AMOUNTS: Readonly<Record<number, string>> = {
  [TOTAL]: 'total',
  [COMMISSION]: 'commission',
  [TOTAL - COMMISSION]: 'earned',
};

/** @throws Error for an amount that is none of these */
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
